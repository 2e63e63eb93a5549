// oracle - makes Cedar cases at random, asks Cedar's own engine (@cedar-policy/cedar-wasm, in npm) about each, and writes
// them as JSON lines that cedar-conformance runs (forms: tests/unit/cedar_cases.h).
//
//     node --no-opt oracle.js MODULE SEED COUNT >cases.jsonl
//
// MODULE is the folder of the npm package. The same seed makes the same cases. --no-opt: the wrappers below, through
// which raw JSON text is handed over, crash an optimising V8.
'use strict';
const [modulePath, seedText, countText] = process.argv.slice(2);
const cedar = require(`${modulePath}/nodejs`);

// The engine takes and gives its JSON through these two: an object {raw} hands over its text as it is, and the last text
// that came back is kept, so that neither integers beyond 2^53 nor duplicate keys are lost.
const stringify = JSON.stringify;
const parse = JSON.parse;
let lastText = '';
JSON.stringify = (v, ...rest) => (v !== null && typeof v === 'object' && typeof v.raw === 'string' ? v.raw : stringify(v, ...rest));
JSON.parse = (text, ...rest) => {
	lastText = text;
	return parse(text, ...rest);
};

// --- randomness: splitmix64 ------------------------------------------------------------------------------------------
let state = BigInt(seedText);
const M = (1n << 64n) - 1n;
function rand(bound) {
	state = (state + 0x9e3779b97f4a7c15n) & M;
	let z = state;
	z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & M;
	z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & M;
	return Number((z ^ (z >> 31n)) % BigInt(bound));
}
const pick = (list) => list[rand(list.length)];
const chance = (percent) => rand(100) < percent;
const many = (max, make) => Array.from({ length: rand(max + 1) }, make);

// --- words -----------------------------------------------------------------------------------------------------------
const IDS = ['alice', 'bob', 'g', 'h', 'r', '', 'x y', '\u00e9', '\u0000', '"', '*'];
const TYPES = ['User', 'Group', 'Doc', 'N::User', 'Action', 'N::Action'];
const ATTRS = ['n', 's', 'b', 'e', 'set', 'rec', 'dec', 'ip', 'when', 'dur', 'missing', 'principal', 'if', 'a b', ''];
const IDENT = /^[_a-zA-Z][_a-zA-Z0-9]*$/;
const RESERVED = ['true', 'false', 'if', 'then', 'else', 'in', 'is', 'like', 'has', '__cedar'];
const isIdent = (s) => IDENT.test(s) && !RESERVED.includes(s);
const LONGS = ['0', '1', '2', '-1', '7', '100', '-5', '9223372036854775807', '-9223372036854775808', '4294967296', '3037000500'];

function quote(s, pattern) {
	let out = '"';
	for (const c of s) {
		const cp = c.codePointAt(0);
		if (c === '"' || c === '\\') out += '\\' + c;
		else if (c === '*' && pattern) out += chance(50) ? '*' : '\\*';
		else if (cp < 32 || chance(5)) out += chance(50) && cp < 128 ? '\\x' + cp.toString(16).padStart(2, '0') : `\\u{${cp.toString(16)}}`;
		else out += c;
	}
	return out + '"';
}
let pool = []; // the few entities that one case is about
const anyUid = () => ({ type: pick(TYPES), id: pick(IDS) });
const uid = () => (pool.length > 0 && chance(85) ? pick(pool) : anyUid());
const uidText = (u) => `${u.type}::${quote(u.id)}`;
const actionUid = () => (chance(70) ? { type: 'Action', id: 'view' } : { type: pick(['Action', 'N::Action']), id: pick(['view', 'edit', 'all']) });

const digits = (n) => Array.from({ length: 1 + rand(n) }, () => String(rand(10))).join('');
function spoil(s) { // one character more, less or other
	if (!chance(25)) return s;
	const at = rand(s.length + 1);
	const c = pick([...'0123456789-+.:/TZdhms x9']);
	return chance(33) ? s.slice(0, at) + c + s.slice(at) : chance(50) ? s.slice(0, at) + s.slice(at + 1) : s.slice(0, at) + c + s.slice(at + 1);
}
const decimalText = () => spoil(pick([`${digits(3)}.${digits(4)}`, `-${digits(2)}.${digits(3)}`, '922337203685477.5807', '-922337203685477.5808', '0.0', `${digits(16)}.${digits(5)}`]));
const octet = () => String(pick([0, 1, 10, 127, 128, 224, 239, 255, 256, rand(256)]));
const group = () => pick(['0', '1', 'ff00', 'FFFF', 'abcd', '00ff', rand(65536).toString(16)]);
function ipText() {
	let s;
	if (chance(50)) {
		s = [octet(), octet(), octet(), octet()].join('.');
		if (chance(60)) s += '/' + pick([0, 3, 4, 7, 8, 9, 16, 24, 31, 32, 33, '08']);
	} else {
		const n = rand(9);
		const g = Array.from({ length: n }, group);
		const gap = rand(n + 1);
		s = n === 8 && chance(80) ? g.join(':') : `${g.slice(0, gap).join(':')}::${g.slice(gap).join(':')}`;
		if (chance(60)) s += '/' + pick([0, 7, 8, 9, 64, 127, 128, 129, '064']);
	}
	return spoil(s);
}
const two = (n) => String(n).padStart(2, '0');
function datetimeText() {
	let s = `${pick(['0000', '1969', '1970', '2000', '2023', '2024', '1900', '9999', two(rand(100)) + two(rand(100))])}-${two(rand(14))}-${two(pick([1, 28, 29, 30, 31, rand(33)]))}`;
	if (chance(70)) {
		s += `T${two(pick([0, 23, 24, rand(26)]))}:${two(pick([0, 59, 60, rand(62)]))}:${two(pick([0, 59, 60, rand(62)]))}`;
		if (chance(50)) s += '.' + String(rand(1000)).padStart(3, '0');
		s += chance(50) ? 'Z' : pick(['+', '-']) + two(pick([0, 1, 23, 24, rand(26)])) + two(pick([0, 30, 59, 60]));
	}
	return spoil(s);
}
function durationText() {
	let s = chance(30) ? '-' : '';
	for (const u of ['d', 'h', 'm', 's', 'ms']) if (chance(45)) s += pick([digits(3), digits(3), '0', '9223372036854775807', '9223372036854775808', '106751991167', '00012']) + u;
	return spoil(s);
}

// --- expressions: of the kind asked for, mostly ------------------------------------------------------------------------
const KINDS = ['bool', 'long', 'string', 'entity', 'set', 'record', 'decimal', 'ip', 'datetime', 'duration'];
const paren = (s) => (chance(60) ? `(${s})` : s);
const member = (left, attr) => (isIdent(attr) && chance(80) ? `${left}.${attr}` : `${left}[${quote(attr)}]`);
const variable = () => pick(['principal', 'action', 'resource', 'context']);

function attribute(d, attr) {
	return member(chance(70) ? variable() : `(${expr(pick(['record', 'entity']), d - 1)})`, attr);
}
const ATTR_OF = { bool: 'b', long: 'n', string: 's', entity: 'e', set: 'set', record: 'rec', decimal: 'dec', ip: 'ip', datetime: 'when', duration: 'dur' };

function expr(kind, d) {
	if (chance(6)) kind = pick(KINDS);
	if (chance(12)) return attribute(d, chance(80) ? ATTR_OF[kind] : pick(ATTRS));
	if (d > 0 && chance(8)) return `(if ${expr('bool', d - 1)} then ${expr(kind, d - 1)} else ${expr(kind, d - 1)})`;
	const e = (k) => expr(k, d - 1);
	const leafOnly = d <= 0;
	switch (kind) {
	case 'bool':
		if (leafOnly) return pick(['true', 'false']);
		switch (rand(17)) {
		case 0: return `${paren(e('bool'))} && ${paren(e('bool'))}`;
		case 1: return `${paren(e('bool'))} || ${paren(e('bool'))}`;
		case 2: return `${pick(['!', '!', '!!', '!!!!'])}(${e('bool')})`;
		case 3: { const k = pick(KINDS); return `(${e(k)}) ${pick(['==', '!='])} (${e(chance(85) ? k : pick(KINDS))})`; }
		case 4: { const k = pick(['long', 'long', 'datetime', 'duration', 'decimal']); return `(${e(k)}) ${pick(['<', '<=', '>', '>='])} (${e(k)})`; }
		case 5: return `${chance(60) ? variable() : `(${e('entity')})`} in ${chance(50) ? uidText(uid()) : `[${many(3, () => e('entity')).join(', ')}]`}`;
		case 6: { const path = [pick(ATTRS.filter(isIdent)), ...many(2, () => pick(['x', 'rec', 'n']))]; return `(${e(pick(['record', 'entity']))}) has ${chance(70) ? path.join('.') : quote(pick(ATTRS))}`; }
		case 7: return `(${e('string')}) like ${quote(pick(['', '*', 'a*', '*b', 'a*b*c', '**', 'x*y', '*\u00e9*', 'ab', '*a*a*']), true)}`;
		case 8: return `${chance(60) ? variable() : `(${e('entity')})`} is ${pick(TYPES)}${chance(40) ? ` in ${paren(e('entity'))}` : ''}`;
		case 9: return `(${e('set')}).contains(${e(pick(KINDS))})`;
		case 10: return `(${e('set')}).${pick(['containsAll', 'containsAny'])}(${e('set')})`;
		case 11: return `(${e('set')}).isEmpty()`;
		case 12: return `(${e('entity')}).hasTag(${e('string')})`;
		case 13: return `(${e('decimal')}).${pick(['lessThan', 'lessThanOrEqual', 'greaterThan', 'greaterThanOrEqual'])}(${e('decimal')})`;
		case 14: return `(${e('ip')}).${pick(['isIpv4', 'isIpv6', 'isLoopback', 'isMulticast'])}(${chance(3) ? '1' : ''})`;
		case 15: return `(${e('ip')}).isInRange(${e('ip')})`;
		default: return `[${many(4, () => e('long')).join(', ')}].contains(${e('long')})`;
		}
	case 'long':
		if (leafOnly || chance(30)) return pick(LONGS);
		if (chance(20)) return `(${e('duration')}).${pick(['toMilliseconds', 'toSeconds', 'toMinutes', 'toHours', 'toDays'])}()`;
		if (chance(15)) return `${pick(['-', '--', '----'])}${chance(50) ? pick(['1', '9223372036854775808', '5']) : `(${e('long')})`}`;
		return `${paren(e('long'))} ${pick(['+', '-', '*'])} (${e('long')})`;
	case 'string':
		if (!leafOnly && chance(15)) return `(${e('entity')}).getTag(${quote(pick(['t', 'u']))})`;
		return quote(pick(['', 'a', 'ab', 'abc', 'aXbYc', 't', 'u', '\u00e9', 'a*b', '\u0000', '10.0.0.1', '\ud83d\ude00', 'aaa']));
	case 'entity':
		return chance(50) ? variable() : uidText(uid());
	case 'set':
		return `[${many(leafOnly ? 2 : 4, () => expr(chance(60) ? 'long' : pick(KINDS), d - 1)).join(', ')}${chance(5) ? ', 1,' : ''}]`;
	case 'record': {
		const keys = [...new Set(many(leafOnly ? 1 : 3, () => pick(ATTRS)))];
		return `{${keys.map((k) => `${isIdent(k) && chance(70) ? k : quote(k)}: ${expr(pick(KINDS), d - 1)}`).join(', ')}}`;
	}
	case 'decimal':
		return `decimal(${chance(95) ? quote(decimalText()) : e('string')})`;
	case 'ip':
		return `ip(${chance(95) ? quote(ipText()) : expr('string', d - 1)})`;
	case 'datetime':
		if (!leafOnly && chance(30)) return chance(60) ? `(${e('datetime')}).offset(${e('duration')})` : `(${e('datetime')}).toDate()`;
		return `datetime(${quote(datetimeText())})`;
	default:
		if (!leafOnly && chance(30)) return chance(60) ? `(${e('datetime')}).durationSince(${e('datetime')})` : `(${e('datetime')}).toTime()`;
		return `duration(${quote(durationText())})`;
	}
}

// --- policies, entities, requests ----------------------------------------------------------------------------------------
function scope(v, slot) {
	if (slot) return `${v} ${pick([`== ?${v}`, `in ?${v}`, `in (?${v})`, `is ${pick(TYPES)} in ?${v}`])}`;
	switch (rand(v === 'action' ? 5 : 6)) {
	case 0: return `${v} == ${uidText(v === 'action' ? actionUid() : uid())}`;
	case 1: return `${v} in ${uidText(v === 'action' ? actionUid() : uid())}`;
	case 2: return v === 'action' ? `action in [${many(5, () => uidText(actionUid())).join(', ')}]` : `${v} is ${pick(TYPES)}${chance(40) ? ` in ${uidText(uid())}` : ''}`;
	default: return v;
	}
}
function policy(slots = []) {
	const keys = [...new Set(many(2, () => pick(['id', 'why', 'if', '_x'])))];
	const notes = keys.map((k) => `@${k}${chance(70) ? `(${quote(pick(['', 'a', '\u00e9\n']))})` : ''}`).join('\n');
	const conditions = many(2, () => `${pick(['when', 'when', 'unless'])} { ${expr('bool', 4)} }`).join('\n');
	return `${notes}\n${pick(['permit', 'permit', 'forbid'])}(${scope('principal', slots.includes('principal'))}, ${scope('action')}, ${scope('resource', slots.includes('resource'))}${chance(5) ? ',' : ''})\n${conditions};`;
}

function value(d) {
	switch (rand(d > 0 ? 12 : 7)) {
	case 0: return pick(['true', 'false']);
	case 1: return pick(LONGS);
	case 2: return stringify(pick(IDS));
	case 3: return stringify({ __entity: uid() });
	case 4: { const f = pick([['decimal', decimalText], ['ip', ipText], ['datetime', datetimeText], ['duration', durationText]]); let s = f[1](); if (chance(90)) s = pick({ decimal: ['1.0', '-2.5'], ip: ['10.0.0.1', '::1/64'], datetime: ['2024-01-01', '1969-12-31T23:59:59.999Z'], duration: ['1h', '-5ms'] }[f[0]]); return `{"__extn":{"fn":"${f[0]}","${chance(80) ? 'arg' : 'args'}":${stringify(s)}}}`.replace(/"args":("[^]*")/, '"args":[$1]'); }
	case 5: return pick(['1', '2', '"a"', '"ab"']);
	case 6: return chance(8) ? pick(['null', '1.5', '1e3', '-0', '9223372036854775808', '{"__expr":"1"}', '{"__entity":{"type":"U"}}', '{"__extn":{"fn":"nosuch","arg":1}}', '{"a":1,"a":2}', '"\\ud800"', '{"__extn":{"fn":"ip"}}', '{"__entity":{"type":"A :: B","id":"x"}}', '{"__extn":{"fn":"offset","args":[{"__extn":{"fn":"datetime","arg":"2024-01-01"}},{"__extn":{"fn":"duration","arg":"1d"}}]}}', '{"__extn":{"fn":"ip","arg":"1.1.1.1","z":1}}', '{"__extn":{"fn":"ip","arg":"1.1.1.1"},"z":1}']) : '3';
	case 7: case 8: return `[${many(3, () => value(d - 1)).join(',')}]`;
	default: return record(d - 1);
	}
}
const TYPED = { n: () => pick(LONGS), s: () => stringify(pick(['a', 'ab', 'abc'])), b: () => pick(['true', 'false']), e: () => stringify({ __entity: uid() }), set: () => `[${many(3, () => pick(['1', '2', '"a"'])).join(',')}]`, rec: () => `{"x":${pick(['1', '{"n":2}'])}}`, dec: () => '{"__extn":{"fn":"decimal","arg":"1.5"}}', ip: () => '{"__extn":{"fn":"ip","arg":"10.0.0.7"}}', when: () => '{"__extn":{"fn":"datetime","arg":"2024-02-29T12:00:00Z"}}', dur: () => '{"__extn":{"fn":"duration","arg":"1d2h"}}' };
function record(d) {
	const keys = [...new Set(many(4, () => pick(ATTRS)))];
	return `{${keys.map((k) => `${stringify(k)}:${TYPED[k] && chance(85) ? TYPED[k]() : value(d)}`).join(',')}}`;
}
function uidJson(u) {
	if (chance(3)) return pick(['null', '"User::\\"a\\""', '{"type":"User"}', '{"type":"User","id":1}', '{"type":"","id":"a"}', '{"type":"if","id":"a"}', '{"type":"User","id":"a","z":1}', '{"__entity":{"type":"User","id":"a"},"z":1}']);
	return chance(50) ? stringify(u) : stringify({ __entity: u });
}
function entities(names) {
	const list = names.map((u, i) => {
		const parents = many(2, () => (chance(97) ? pick([...names.slice(i + 1), { type: 'Group', id: 'far' }]) : pick(names)));
		const tags = chance(40) ? `,"tags":{${chance(70) ? `"t":${value(0)}` : ''}}` : '';
		return `{"uid":${uidJson(u)},"attrs":${record(2)},"parents":[${parents.map(uidJson).join(',')}]${tags}}`;
	});
	if (list.length > 0 && chance(5)) list.push(pick(list));
	return `[${list.join(',')}]`;
}

// Templates and links for a third of the sets, as members of JSON; a few links are wrong.
function templatesAndLinks() {
	if (!chance(33)) return '';
	const slots = Array.from({ length: 1 + rand(2) }, () => pick([['principal'], ['resource'], ['principal', 'resource']]));
	const templates = slots.map((s, i) => `"t${i}":${stringify(policy(s))}`);
	const links = many(3, () => rand(slots.length)).map((t, i) => {
		const given = chance(95) ? slots[t] : pick([[], ['principal'], ['resource'], ['principal', 'resource']]);
		const values = given.map((s) => `"?${s}":${stringify(uid())}`);
		return `{"templateId":"t${chance(98) ? t : 7}","newId":"${chance(96) ? `l${i}` : pick(['t0', 'policy0', 'l0'])}","values":{${values.join(',')}}}`;
	});
	return `,"templates":{${templates.join(',')}},"templateLinks":[${links.join(',')}]`;
}

// --- asking ----------------------------------------------------------------------------------------------------------------
const emit = (o) => process.stdout.write(stringify(o) + '\n');
const emitRaw = (s) => process.stdout.write(s + '\n');

function ask(callText) {
	try {
		const r = cedar.isAuthorized({ raw: callText });
		return r.type === 'success' ? r.response : null;
	} catch {
		return null; // duplicate keys are thrown, not returned
	}
}

function decisions() {
	pool = Array.from({ length: 3 }, anyUid);
	const names = [...new Map(many(6, uid).map((u) => [stringify(u), u])).values()];
	const store = entities(names);
	const text = Array.from({ length: 1 + rand(4) }, () => policy()).join('\n');
	const linked = templatesAndLinks();
	const requests = [];
	for (let i = 0; i < 3; i++) {
		const who = names.length > 0 && chance(70) ? pick(names) : uid();
		const parts = `"principal":${uidJson(who)},"action":${uidJson(chance(90) ? actionUid() : uid())},"resource":${uidJson(names.length > 0 && chance(60) ? pick(names) : uid())},"context":${chance(98) ? record(2) : value(1)}`;
		const call = `{${parts},"policies":{"staticPolicies":${stringify(text)}${linked}},"entities":${store}}`;
		const r = ask(call);
		if (r === null) emit({ title: 'generated', call, result: 'reject' });
		else requests.push(`{${parts},"decision":"${r.decision}","reason":${stringify(r.diagnostics.reason)},"errors":${stringify(r.diagnostics.errors.map((x) => x.policyId))}}`);
	}
	if (requests.length > 0) emitRaw(`{"policies":${stringify(text)}${linked},"entities":${store},"requests":[${requests.join(',')}]}`);
}

function tree() {
	const text = policy();
	lastText = '';
	const r = cedar.policyToJson(text);
	if (r.type === 'success') emitRaw(`{"policy":${stringify(text)},"json":${lastText.slice(lastText.indexOf('"json":') + 7, -1)}}`);
	else emit({ text, accept: false, template: false });
}

const TOKENS = ['(', ')', '[', ']', '{', '}', ',', ';', '::', ':', '.', '"a"', '"b*"', '1', '-', '!', '==', '!=', '<', '>=', 'in', 'is', 'has', 'like', 'if', 'then', 'else', 'true', 'principal', 'action', 'resource', 'context', 'User', 'ip', 'when', 'unless', 'permit', '@id', '?principal', '?resource', '&&', '||', '+', '*', '/', '%', '=', '__cedar', 'contains', '.isEmpty()', '// c\n', '\u00a0', '\n', '"\\u{41}"', '"\\q"', '9223372036854775808', 'foo'];
function mutant() {
	const cut = policy().match(/"(?:\\.|[^"\\])*"|[A-Za-z_][A-Za-z0-9_]*|[0-9]+|::|==|!=|<=|>=|&&|\|\||\s+|./gsu);
	for (let i = pick([0, 0, 0, 1, 2]); i >= 0; i--) {
		const at = rand(cut.length);
		switch (rand(5)) {
		case 0: cut.splice(at, 1); break;
		case 1: cut.splice(at, 0, pick(TOKENS)); break;
		case 2: cut[at] = pick(TOKENS); break;
		case 3: cut.splice(at, 1, pick([' ', '\n', '// c\n', '\u2003', cut[at]])); break;
		default: cut.splice(at, 0, pick(cut)); break;
		}
	}
	const text = cut.join(chance(90) ? '' : ' ');
	let accept = false;
	let template = false;
	accept = cedar.checkParsePolicySet({ staticPolicies: text }).type === 'success';
	if (!accept && text.includes('?')) {
		accept = cedar.checkParsePolicySet({ templates: { t: text } }).type === 'success';
		template = true;
	}
	if (!/\bunknown\s*\(/.test(text)) emit({ text, accept, template });
}

for (let i = 0; i < Number(countText); i++) {
	decisions();
	if (i % 2 === 0) tree();
	mutant();
}
