#!/usr/bin/env python3
"""fold-table - write vault/catalogue/fold_table.inc from the Unicode data that Python carries.

    scripts/fold-table.py > vault/catalogue/fold_table.inc

The rule for one character (fold.h says what it is for):
  1. compatibility decomposition, removal of marks that only decorate, case folding, decomposition and removal again;
  2. the letters below that Unicode does not decompose (SPECIAL), digits of every script to ASCII;
  3. what is kept whole: Hangul syllables, voiced kana, Cyrillic short i (a letter of its own, not a decorated one);
  4. a character of a gram script that would become several, Hangul letters that stand alone, and a character
     whose decomposition holds something else than letters, digits and marks: all stay themselves.
Output: classes of characters as ranges, mappings as ranges with a constant distance, mappings to strings, and the
pairs of kana and voicing mark that compose.
"""
import bisect
import sys
import unicodedata as u

MARKS = [  # decoration: vowel points, accents, cantillation, variation selectors
    (0x0300, 0x036F), (0x0483, 0x0489), (0x0591, 0x05BD), (0x05BF, 0x05BF), (0x05C1, 0x05C2), (0x05C4, 0x05C5),
    (0x05C7, 0x05C7), (0x0610, 0x061A), (0x064B, 0x065F), (0x0670, 0x0670), (0x06D6, 0x06DC), (0x06DF, 0x06E4),
    (0x06E7, 0x06E8), (0x06EA, 0x06ED), (0x0711, 0x0711), (0x0730, 0x074A), (0x0898, 0x089F), (0x08CA, 0x08E1),
    (0x08E3, 0x08FF), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF), (0x2CEF, 0x2CF1), (0x2DE0, 0x2DFF),
    (0xA66F, 0xA672), (0xA674, 0xA67D), (0xFE00, 0xFE0F), (0xFE20, 0xFE2F), (0xE0100, 0xE01EF),
]
# Invisible or only stretching: neither content nor the end of a word.
IGNORE = MARKS + [(0x00AD, 0x00AD), (0x034F, 0x034F), (0x0640, 0x0640), (0x07FA, 0x07FA), (0x180B, 0x180E),
                  (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x2064), (0x2066, 0x206F), (0x061C, 0x061C),
                  (0xFEFF, 0xFEFF),
                  # the signs for ayn, hamza and soft sign in transliterations: Sharīʿa, Qurʾān
                  (0x02B9, 0x02BF), (0x02C8, 0x02CC)]
VOICING = (0x3099, 0x309A)
# Scripts written without spaces, or (Hangul) with endings glued to words: indexed by grams of characters.
GRAM = [
    (0x0E00, 0x0E7F), (0x0E80, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x1100, 0x11FF), (0x2E80, 0x2FDF),
    (0x3005, 0x3007), (0x3021, 0x3029), (0x3031, 0x3035), (0x3038, 0x303C), (0x3041, 0x30FF), (0x3105, 0x31BF),
    (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xA960, 0xA97F), (0xAC00, 0xD7FF),
    (0xF900, 0xFAFF), (0xFF66, 0xFF9F), (0xFFA0, 0xFFDC), (0x1B000, 0x1B16F), (0x20000, 0x3FFFD),
]
SPECIAL = {
    'ß': 'ss', 'æ': 'ae', 'œ': 'oe', 'ø': 'o', 'đ': 'd', 'ħ': 'h', 'ı': 'i', 'ȷ': 'j', 'ł': 'l', 'ŧ': 't',
    'ð': 'd', 'þ': 'th', 'ĸ': 'k', 'ƒ': 'f', 'ƀ': 'b', 'ɓ': 'b', 'ɖ': 'd', 'ɗ': 'd', 'ɨ': 'i', 'ɫ': 'l', 'ƙ': 'k',
    'ƴ': 'y', 'ƶ': 'z', 'ǝ': 'ə', 'ⱥ': 'a', 'ȼ': 'c', 'ɇ': 'e', 'ɍ': 'r', 'ɏ': 'y', 'ⱦ': 't',
    # Arabic script: alef wasla and the wavy ones; maksura, Persian, Pashto, Kurdish and Urdu ya; kaf; ha and ta marbuta
    '\u0671': '\u0627', '\u0672': '\u0627', '\u0673': '\u0627', '\u0675': '\u0627',
    '\u0649': '\u064A', '\u06CC': '\u064A', '\u06CD': '\u064A', '\u06CE': '\u064A', '\u06D0': '\u064A',
    '\u06D1': '\u064A', '\u06D2': '\u064A', '\u0620': '\u064A', '\u0678': '\u064A', '\u0676': '\u0648',
    '\u06A9': '\u0643', '\u06AA': '\u0643', '\u06AC': '\u0643',
    '\u0629': '\u0647', '\u06C1': '\u0647', '\u06BE': '\u0647', '\u06D5': '\u0647', '\u06C3': '\u0647',
    '\u06BA': '\u0646',
    # Cyrillic: letters of the Ukrainian and the old orthography stay; only ligature-like variants are unified
    '\u1C80': '\u0432', '\u1C81': '\u0434', '\u1C82': '\u043E', '\u1C83': '\u0441',
}
TOP = 0x3FFFF


def inside(ranges, cp):
    return any(a <= cp <= b for a, b in ranges)


MARKSET = {cp for a, b in MARKS for cp in range(a, b + 1)}
IGNORESET = {cp for a, b in IGNORE for cp in range(a, b + 1)} | set(range(0xE0100, 0xE01F0))


def kana(cp):
    return 0x3041 <= cp <= 0x30FF


def whole(cp):
    return 0xAC00 <= cp <= 0xD7A3 or (kana(cp) and u.decomposition(chr(cp))[:1] not in ('', '<'))


def strip(s):
    return ''.join(c for c in s if ord(c) not in IGNORESET)


def fold(cp):
    c = chr(cp)
    if cp in IGNORESET or cp in VOICING or whole(cp):
        return c
    if cp in (0x0419, 0x0439):
        return '\u0439'
    if u.category(c) == 'Nd':
        return str(u.digit(c))
    s = strip(u.normalize('NFKD', c)).casefold()
    s = strip(u.normalize('NFKD', s))
    s = ''.join(SPECIAL.get(x, x) for x in s)
    s = ''.join(str(u.digit(x)) if u.category(x) == 'Nd' else x for x in s)
    if 0x3131 <= cp <= 0x318E or 0xFFA0 <= cp <= 0xFFDC:
        return c  # Hangul letters that stand alone
    if inside(GRAM, cp) and len(s) > 1:
        return c  # one gram stays one
    if s == '' or any(u.category(x)[0] not in 'LNM' for x in s):
        return c
    return s


def word(cp):
    return u.category(chr(cp))[0] in 'LNM'


def emit(name, ctype, rows, per):
    print(f'static const {ctype} {name}[] = {{')
    line = '\t'
    for r in rows:
        if len(line.expandtabs(8)) + len(r) + 2 > per:
            print(line.rstrip())
            line = '\t'
        line += r + ', '
    print(line.rstrip())
    print('};')


def main():
    cls = []
    for cp in range(0x80, TOP + 1):
        if 0xD800 <= cp <= 0xDFFF or 0xE000 <= cp <= 0xF8FF:
            k = 0
        elif cp in IGNORESET:
            k = 3
        elif not word(cp):
            k = 0
        elif u.category(chr(cp)) != 'Nd' and (inside(GRAM, cp) or cp in VOICING):
            k = 2
        else:
            k = 1
        if cls and cls[-1][2] == k and cls[-1][1] == cp - 1:
            cls[-1][1] = cp
        elif k:
            cls.append([cp, cp, k])
    for a, b, k in ((0xE0100, 0xE01EF, 3),):
        cls.append([a, b, k])

    starts = [r[0] for r in cls]

    def kind(x):
        at = bisect.bisect_right(starts, x) - 1
        return cls[at][2] if at >= 0 and x <= cls[at][1] else 1 if x < 0x80 and word(x) else 0

    single, multi = [], []
    for cp in range(0x80, TOP + 1):
        if not word(cp) or cp in IGNORESET or 0xD800 <= cp <= 0xDFFF:
            continue
        s = fold(cp)
        if s == chr(cp) or any(kind(ord(x)) != kind(cp) for x in s):
            continue
        if len(s) == 1:
            single.append((cp, ord(s)))
        else:
            multi.append((cp, s))
    runs = []  # first, last, step, target of first: target grows with the character (step 1 or 2), or stays (step 0)
    done, byc = set(), dict(single)
    for cp, t in single:
        if cp in done:
            continue
        best = (1, 1)
        for step in (1, 2):
            n = 1
            while byc.get(cp + n * step) == t + n * step:
                n += 1
            if n > best[0]:
                best = (n, step)
        n, step = best
        runs.append((cp, cp + (n - 1) * step, step, t))
        done.update(cp + i * step for i in range(n))
    # the search is by the first character of a run; runs of step 2 may enclose others, so split those
    flat = []
    for a, b, step, t in runs:
        inner = [r for r in runs if a < r[0] < b]
        if step == 2 and inner:
            flat += [(a + i, a + i, 1, t + i) for i in range(0, b - a + 1, 2)]
        else:
            flat.append((a, b, step, t))
    flat.sort()
    print('/*')
    print(' * fold_table - generated by scripts/fold-table.py from Unicode %s; do not edit.' % u.unidata_version)
    print(' * fold_classes: first, last, class. fold_runs: first, last, step, target of the first; the')
    print(' * targets keep the distance. fold_strings: character, offset and length in code points in')
    print(' * fold_targets. fold_kana: kana, voicing mark, composed.')
    print(' */')
    table = {cp: chr(t) for cp, t in single} | dict(multi)
    for cp, s in table.items():
        assert all(x not in table and ord(x) not in IGNORESET for x in s), (hex(cp), s)
    emit('fold_classes', 'struct fold_class', ['{0x%X, 0x%X, %d}' % tuple(r) for r in cls], 100)
    emit('fold_runs', 'struct fold_run', ['{0x%X, 0x%X, %d, 0x%X}' % r for r in flat], 100)
    pool, seen, rows = '', {}, []
    for cp, s in multi:
        if s not in seen:
            at = pool.find(s)
            if at < 0:
                at = len(pool)
                pool += s
            seen[s] = at
        rows.append('{0x%X, %d, %d}' % (cp, seen[s], len(s)))
    emit('fold_strings', 'struct fold_string', rows, 100)
    emit('fold_targets', 'uint32_t', ['0x%X' % ord(c) for c in pool], 100)
    pairs = []
    for cp in range(0x3041, 0x3100):
        d = u.decomposition(chr(cp))
        if d and d[0] != '<' and ' ' in d:
            a, b = d.split()
            pairs.append('{0x%s, 0x%s, 0x%X}' % (a, b, cp))
    emit('fold_kana', 'struct fold_pair', pairs, 100)
    print('%d classes, %d runs, %d strings, longest %d' % (len(cls), len(flat), len(multi), max(len(s) for _, s in multi)),
          file=sys.stderr)


main()
