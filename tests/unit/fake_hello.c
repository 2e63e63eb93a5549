/*
 * fake_hello - a parser whose first frame is of a version that there is none of: before anything is
 * handed to it, it is named and ended.
 */
#include <unistd.h>

int main(void) {
	static const unsigned char hello[] = {'H', 0xFF, 0xFF, 0xFF, 0xFF};

	return write(3, hello, sizeof hello) == (ssize_t)sizeof hello ? 0 : 1;
}
