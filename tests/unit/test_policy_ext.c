/*
 * Cedar: decimal, ipaddr, datetime and duration: what is accepted, what it means, and its edges.
 */
#include "policy_rig.h"

/* ${make}("${texts}") evaluates, or not. */
static void all_are(const char *make, const char *const *texts, size_t count, bool good) {
	char expr[200];
	char have[400];

	for (size_t i = 0; i < count; i++) {
		(void)snprintf(expr, sizeof expr, "%s(\"%s\") != 1", make, texts[i]);
		(void)rig_eval(expr, have, sizeof have);
		if ((strcmp(have, "true") == 0) != good)
			fail_msg("%s: %s", expr, have);
	}
}

static void decimal(void **state) {
	static const char *const good[] = {"0.0", "-0.0", "1.5", "-1.5", "0001.1000", "12.3456",
		"922337203685477.5807", "-922337203685477.5808",
		"000000000000000000000000000001.0"};
	static const char *const bad[] = {"", "1", "1.", ".5", "-", "-.5", "+1.0", "1.12345",
		"1.0 ", " 1.0", "1,0", "1.0.0", "--1.0", "1e3", "922337203685477.5808",
		"-922337203685477.5809", "922337203685478.0", "99999999999999999999.0", "0x1.0",
		"1.a", "a.1", "1.00000"};
	static const struct rig_case cases[] = {
		{"decimal(\"1.5\") == decimal(\"1.5000\") && decimal(\"-0.0\") == decimal(\"0.0\")",
			"true"},
		{"decimal(\"-0.5\").lessThan(decimal(\"0.0\"))", "true"},
		{"decimal(\"1.0\").lessThan(decimal(\"1.0\"))", "false"},
		{"decimal(\"1.0\").lessThanOrEqual(decimal(\"1.0\"))", "true"},
		{"decimal(\"1.1\").greaterThan(decimal(\"1.0999\"))", "true"},
		{"decimal(\"-1.1\").greaterThanOrEqual(decimal(\"-1.1\"))", "true"},
		{"decimal(\"-922337203685477.5808\").lessThan(decimal(\"922337203685477.5807\"))",
			"true"},
		{"decimal(\"x\") == 1",
			"error: line 2, column 1: decimal(\"x\"): want digits, a point and "
			"1 to 4 digits"},
		{"decimal(\"1.00000\") == 1",
			"error: line 2, column 1: decimal(\"1.00000\"): more than 4"},
		{"decimal(\"922337203685477.5808\") == 1",
			"error: line 2, column 1: decimal(\"922337203685477.5808\"): want a "
			"number from"},
		{"decimal(1) == 1",
			"error: line 2, column 1: decimal wants string as argument 1, has long"},
		{"decimal() == 1", "error: line 2, column 1: decimal takes 1 argument, has 0"},
		{"decimal(\"1.0\", \"1.0\", \"1.0\") == 1",
			"error: line 2, column 1: decimal takes 1 argument, has 3"},
		{"decimal(\"1.0\").lessThan(1)",
			"error: line 2, column 16: lessThan wants decimal as argument 2, has long"},
		{"decimal(\"1.0\").lessThan()",
			"error: line 2, column 16: lessThan takes 2 arguments with the "
			"value before the dot, has 1"},
		{"principal.n.lessThan(decimal(\"1.0\"))",
			"error: line 2, column 13: lessThan wants decimal as argument 1, has long"},
	};

	(void)state;
	all_are("decimal", good, T_COUNT(good), true);
	all_are("decimal", bad, T_COUNT(bad), false);
	rig_eval_all(cases, T_COUNT(cases));
}

static void ip(void **state) {
	static const char *const good[] = {"0.0.0.0", "255.255.255.255", "1.2.3.4/0", "1.2.3.4/32",
		"1.2.3.4/9", "::", "::1", "1::", "::/0", "::1/128", "1:2:3:4:5:6:7:8",
		"1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1:2::8",
		"ABCD:ef01::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", "0001::"};
	static const char *const bad[] = {"", "1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.256",
		"1.2.3.", ".1.2.3", "1..2.3", "1.2.3.4/", "1.2.3.4/33", "1.2.3.4/01", "1.2.3.4/00",
		"1.2.3.4/+1", "1.2.3.4/-1", "1.2.3.4/1/2", " 1.2.3.4", "1.2.3.4 ", "0x1.2.3.4", ":",
		":::", "1:", ":1", "1:::2", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
		"1:2:3:4::5:6:7:8", "::1:2:3:4:5:6:7:8",
		"1:2:3:4:5:6:7:8::", "00001::", "g::", "::1%eth0", "::ffff:1.2.3.4", "::1/129",
		"::1/0128", "::1/", "[::1]", "1.2.3.4:80", "/24", "::/",
		"1234:5678:9abc:def0:1234:5678:9abc:def0/1288"};
	static const struct rig_case cases[] = {
		{"ip(\"1.2.3.4\").isIpv4() && !ip(\"1.2.3.4\").isIpv6()", "true"},
		{"ip(\"::\").isIpv6() && !ip(\"::\").isIpv4()", "true"},
		{"ip(\"::1\") == ip(\"0:0:0:0:0:0:0:1\") && ip(\"A::\") == ip(\"a::\")", "true"},
		{"ip(\"1:2::8\") == ip(\"1:2:0:0:0:0:0:8\")", "true"},
		{"ip(\"10.0.0.0/24\") == ip(\"10.0.0.9/24\")", "false"},
		{"ip(\"10.0.0.1\") == ip(\"10.0.0.1/32\")", "true"},
		{"ip(\"127.0.0.1\").isLoopback() && ip(\"127.255.0.0/8\").isLoopback()", "true"},
		{"ip(\"127.0.0.1/7\").isLoopback() || ip(\"128.0.0.1\").isLoopback()", "false"},
		{"ip(\"::1\").isLoopback() && ip(\"::1/128\").isLoopback()", "true"},
		{"ip(\"::1/127\").isLoopback() || ip(\"::2\").isLoopback()", "false"},
		{"ip(\"::ffff:7f00:1\").isLoopback()", "false"},
		{"ip(\"224.0.0.0/4\").isMulticast() && ip(\"239.1.2.3\").isMulticast()", "true"},
		{"ip(\"224.0.0.0/3\").isMulticast() || ip(\"240.0.0.0\").isMulticast()", "false"},
		{"ip(\"ff00::/8\").isMulticast() && ip(\"ff02::1\").isMulticast()", "true"},
		{"ip(\"ff00::/7\").isMulticast() || ip(\"fe00::\").isMulticast()", "false"},
		{"ip(\"10.0.0.1\").isInRange(ip(\"10.0.0.0/24\"))", "true"},
		{"ip(\"10.0.1.0\").isInRange(ip(\"10.0.0.0/24\"))", "false"},
		{"ip(\"10.0.0.0/23\").isInRange(ip(\"10.0.0.0/24\"))", "false"},
		{"ip(\"10.0.0.9/24\").isInRange(ip(\"10.0.0.0/24\"))", "true"},
		{"ip(\"10.0.0.255/25\").isInRange(ip(\"10.0.0.128/25\"))", "true"},
		{"ip(\"10.0.0.127\").isInRange(ip(\"10.0.0.128/25\"))", "false"},
		{"ip(\"9.9.9.9/0\").isInRange(ip(\"0.0.0.0/0\"))", "true"},
		{"ip(\"::1\").isInRange(ip(\"0.0.0.0/0\"))", "false"},
		{"ip(\"1::\").isInRange(ip(\"::/0\"))", "true"},
		{"ip(\"1:2:3::\").isInRange(ip(\"1:2::/33\"))", "true"},
		{"ip(\"1:2:8000::\").isInRange(ip(\"1:2::/33\"))", "false"},
		{"ip(\"::1/128\").isInRange(ip(\"::1/128\"))", "true"},
		{"ip(\"x\") == 1", "error: line 2, column 1: ip(\"x\"): no IPv4 or IPv6 address"},
		{"ip(\"1.1.1.1/33\") == 1",
			"error: line 2, column 1: ip(\"1.1.1.1/33\"): want a prefix from 0 to 32"},
		{"ip(\"::/129\") == 1",
			"error: line 2, column 1: ip(\"::/129\"): want a prefix from 0 to 128"},
		{"ip(\"\") == 1", "error: line 2, column 1: ip(\"\"): want 1 to 43 bytes"},
		{"ip(\"::\").isInRange(ip(\"::\"), ip(\"::\"))",
			"error: line 2, column 10: isInRange takes 2 arguments"},
		{"principal.isIpv4()",
			"error: line 2, column 11: isIpv4 wants ipaddr as argument 1, has entity"},
	};

	(void)state;
	all_are("ip", good, T_COUNT(good), true);
	all_are("ip", bad, T_COUNT(bad), false);
	rig_eval_all(cases, T_COUNT(cases));
}

static void datetime(void **state) {
	static const char *const good[] = {"0000-01-01", "9999-12-31", "2024-02-29", "2000-02-29",
		"2024-10-15T00:00:00Z", "2024-10-15T23:59:59Z", "2024-10-15T23:59:59.999Z",
		"2024-10-15T00:00:00+0000", "2024-10-15T00:00:00-2359",
		"2024-10-15T00:00:00.001+2359", "9999-12-31T23:59:59.999-2359",
		"0000-01-01T00:00:00.000+2359"};
	static const char *const bad[] = {"", "2024", "2024-1-1", "2024-01-1", "24-01-01",
		"2024-00-01", "2024-13-01", "2024-01-00", "2024-01-32", "2024-04-31", "2023-02-29",
		"1900-02-29", "2024-01-01 ", " 2024-01-01", "2024/01/01", "2024-01-01T",
		"2024-01-01T00:00:00", "2024-01-01t00:00:00Z", "2024-01-01T00:00:00z",
		"2024-01-01 00:00:00Z", "2024-01-01T24:00:00Z", "2024-01-01T23:60:00Z",
		"2024-01-01T23:59:60Z", "2024-01-01T00:00Z", "2024-01-01T00:00:00.1Z",
		"2024-01-01T00:00:00.1234Z", "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00+01:00",
		"2024-01-01T00:00:00+2400", "2024-01-01T00:00:00+0060", "2024-01-01T00:00:00+100",
		"2024-01-01T00:00:00+10000", "2024-01-01T00:00:00ZZ", "+2024-01-01", "-001-01-01",
		"12024-01-01", "2024-01-01Z"};
	static const struct rig_case cases[] = {
		{"datetime(\"1970-01-01\").durationSince(datetime(\"0000-01-01\")) == "
		 "duration(\"719528d\")",
			"true"},
		{"datetime(\"9999-12-31\").durationSince(datetime(\"1970-01-01\")) == "
		 "duration(\"2932896d\")",
			"true"},
		{"datetime(\"2000-03-01\").durationSince(datetime(\"2000-02-28\")).toDays() == 2",
			"true"},
		{"datetime(\"1900-03-01\").durationSince(datetime(\"1900-02-28\")).toDays() == 1",
			"true"},
		{"datetime(\"2024-10-15T11:35:00.000+0100\") == datetime(\"2024-10-15T10:35:00Z\")",
			"true"},
		{"datetime(\"2024-01-01T00:30:00+0100\") == datetime(\"2023-12-31T23:30:00Z\")",
			"true"},
		{"datetime(\"2024-01-01T00:00:00-0001\") == datetime(\"2024-01-01T00:01:00Z\")",
			"true"},
		{"datetime(\"2024-12-31\").offset(duration(\"1d\")) == datetime(\"2025-01-01\")",
			"true"},
		{"datetime(\"1969-12-31T23:59:59.999Z\").toDate() == datetime(\"1969-12-31\")",
			"true"},
		{"datetime(\"1969-12-31T23:59:59.999Z\").toTime() == duration(\"86399999ms\")",
			"true"},
		{"datetime(\"1970-01-01\").toTime() == duration(\"0ms\")", "true"},
		{"datetime(\"1970-01-01\").offset(duration(\"-9223372036854775808ms\")).toTi"
		 "me().toHours()"
		 " == 16",
			"true"},
		{"datetime(\"1970-01-01\").offset(duration(\"-9223372036854775808ms\")).toDa"
		 "te() == 1",
			"error: line 2, column 67: toDate: the day of -9223372036854775808 "
			"ms begins out of range"},
		{"datetime(\"1970-01-02\").offset(duration(\"9223372036854775807ms\")) == 1",
			"error: line 2, column 24: offset: 86400000 ms and "
			"9223372036854775807 ms overflow"},
		{"datetime(\"1970-01-02\").durationSince(datetime(\"1970-01-01\").offset("
		 "duration(\"-9223372036854775808ms\"))) == 1",
			"error: line 2, column 24: durationSince: 86400000 ms less "
			"-9223372036854775808 ms"},
		{"datetime(\"2023-02-29\") == 1",
			"error: line 2, column 1: datetime(\"2023-02-29\"): no such day"},
		{"datetime(\"x\") == 1",
			"error: line 2, column 1: datetime(\"x\"): want YYYY-MM-DD"},
		{"principal.toDate() == 1",
			"error: line 2, column 11: toDate wants datetime as argument 1, has "
			"entity"},
	};

	(void)state;
	all_are("datetime", good, T_COUNT(good), true);
	all_are("datetime", bad, T_COUNT(bad), false);
	rig_eval_all(cases, T_COUNT(cases));
}

/* Every day from 0000-01-01 to 9999-12-31 is one day after the one before. */
static void calendar(void **state) {
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	struct sr_buf text;
	struct sr_err e = {0};
	long total = 0;

	(void)state;
	sr_buf_init(&text);
	/* The first of each century's years, and the days around February and New Year. */
	for (int year = 0; year <= 9999; year += year % 100 == 99 || year < 8 ? 1 : 13) {
		bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
		long before = 0;
		for (int y = 0; y < year; y++)
			before += y % 4 == 0 && (y % 100 != 0 || y % 400 == 0) ? 366 : 365;
		for (int month = 1; month <= 12; month++) {
			int len = days[month - 1] + (month == 2 && leap ? 1 : 0);
			sr_buf_clear(&text);
			sr_buf_printf(&text,
				"datetime(\"%04d-%02d-01\").durationSince(datetime(\"0000-01"
				"-01\")).toDays() == "
				"%ld && datetime(\"%04d-%02d-%02d\").durationSince(datetime("
				"\"0000-01-01\"))"
				".toDays() == %ld",
				year, month, before, year, month, len, before + len - 1);
			sr_buf_put_u8(&text, 0);
			char have[400];
			if (strcmp(rig_eval((const char *)text.p, have, sizeof have), "true") != 0)
				fail_msg("%s: %s", (const char *)text.p, have);
			before += len;
			total++;
		}
	}
	assert_true(total > 5000);
	assert_ok(sr_buf_ok(&text, &e), &e);
	sr_buf_free(&text);
}

static void duration(void **state) {
	static const char *const good[] = {"0ms", "-0ms", "1d", "1h", "1m", "1s", "1ms",
		"1d2h3m4s5ms", "1m1ms", "-1d1ms", "00001h", "25h", "61m", "9223372036854775807ms",
		"-9223372036854775808ms", "106751991167d7h12m55s807ms",
		"-106751991167d7h12m55s808ms"};
	static const char *const bad[] = {"", "-", "1", "d", "1x", "+1h", "1h1h", "2h1d", "1ms1s",
		"1.5h", "1 h", " 1h", "1h ", "1H", "--1h", "1h-1m", "1hm", "1dh", "1msec",
		"9223372036854775808ms", "-9223372036854775809ms", "106751991168d",
		"106751991167d7h12m55s808ms", "18446744073709551616ms",
		"99999999999999999999999999d"};
	static const struct rig_case cases[] = {
		{"duration(\"1d2h3m4s5ms\").toMilliseconds() == 93784005", "true"},
		{"duration(\"1500ms\").toSeconds() == 1 && duration(\"-1500ms\").toSeconds() == -1",
			"true"},
		{"duration(\"-119s\").toMinutes() == -1 && duration(\"-59m\").toHours() == 0",
			"true"},
		{"duration(\"49h\").toDays() == 2 && duration(\"-49h\").toDays() == -2", "true"},
		{"duration(\"60s\") == duration(\"1m\") && duration(\"24h\") == duration(\"1d\")",
			"true"},
		{"duration(\"-1ms\") < duration(\"0ms\")", "true"},
		{"duration(\"-9223372036854775808ms\") < duration(\"9223372036854775807ms\")",
			"true"},
		{"duration(\"2h1d\") == 1",
			"error: line 2, column 1: duration(\"2h1d\"): want whole numbers"},
		{"duration(\"106751991168d\") == 1",
			"error: line 2, column 1: duration(\"106751991168d\"): more than 64 bits"},
		{"duration(\"1s\").toSeconds(1) == 1",
			"error: line 2, column 16: toSeconds takes 1 argument with"},
		{"datetime(\"1970-01-01\").toSeconds() == 1",
			"error: line 2, column 24: toSeconds wants duration"},
	};

	(void)state;
	all_are("duration", good, T_COUNT(good), true);
	all_are("duration", bad, T_COUNT(bad), false);
	rig_eval_all(cases, T_COUNT(cases));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decimal),
		cmocka_unit_test(ip),
		cmocka_unit_test(datetime),
		cmocka_unit_test(calendar),
		cmocka_unit_test(duration),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
