// mutants.js PACKAGE SCHEMA POLICIES SEED COUNT OUT - policies with one mistake each, judged by Cedar's own validator.
//
// Each mutant is a policy of the default set with one token changed (an attribute, an operator, a literal, a type, an
// action, a guard), as far as the result is still Cedar. OUT gets them all, with @id("m0"), @id("m1"), ..; standard output
// gets a line for each: its number, "valid", "invalid" or "never" (valid, but it can never match), and what was said.
'use strict';
const fs = require('fs');
const [, , pkg, schemaFile, policyFile, seedText, countText, out] = process.argv;
const cedar = require(pkg + '/nodejs');
const schema = fs.readFileSync(schemaFile, 'utf8');
const policies = fs.readFileSync(policyFile, 'utf8').split(/^(?=@id\()/m).filter((p) => p.startsWith('@id('))
	.map((p) => p.replace(/^\/\/.*$/gm, '').replace(/^@.*$/gm, '').trim());

let state = BigInt(seedText) * 2n + 1n; // splitmix64: the same seed gives the same mutants everywhere
function random(n) {
	state = (state + 0x9e3779b97f4a7c15n) & 0xffffffffffffffffn;
	let z = state;
	z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & 0xffffffffffffffffn;
	z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & 0xffffffffffffffffn;
	return Number((z ^ (z >> 31n)) % BigInt(n));
}
const pick = (list) => list[random(list.length)];

const attributes = [...new Set([...schema.matchAll(/^\s+(\w+)\??: /gm)].map((m) => m[1]))].concat('nonesuch', 'suject');
const types = [...schema.matchAll(/^entity (\w+)/gm)].map((m) => m[1]).concat('Nobody');
const actions = [...schema.matchAll(/"?([a-z][a-z-]+)"?(?=[,\s].*)/g)].map((m) => m[1]);
const operators = ['==', '!=', '<', '<=', '>', '>=', 'in', '&&', '||', '+', '-'];
const methods = ['contains', 'containsAll', 'containsAny', 'isEmpty', 'hasTag', 'getTag', 'isInRange', 'offset', 'toDate'];
const literals = ['1', '"released"', 'true', '[1]', '["a"]', '[]', 'context.now', 'resource', 'principal',
	'datetime("2026-01-01")', 'datetime("soon")', 'duration("1d")', 'Role::"member"', 'Role::"king"', 'Board::"b"',
	'{a: 1}', '9223372036854775807 + 1', 'context'];
const swaps = [
	[/\.\w+/g, () => '.' + pick(attributes)],
	[/(?<= )(==|!=|<=|>=|<|>|&&|\|\||in)(?= )/g, () => pick(operators)],
	[/\.(contains\w*|isEmpty|hasTag|getTag)(?=\()/g, () => '.' + pick(methods)],
	[/(?<=is )\w+/g, () => pick(types)],
	[/\b(resource|principal|context|action)\b(?=\.)/g, () => pick(['resource', 'principal', 'context', 'action'])],
	[/"[^"]*"/g, () => pick(literals)],
	[/\b\d+\b/g, () => pick(literals)],
	[/Action::"[^"]+"/g, () => `Action::"${pick(actions)}"`],
	[/Role::"[^"]+"/g, () => pick(literals)],
	[/(?<=has )\w+/g, () => pick(attributes)],
	[/resource has \w+ && |principal\.hasTag\("[^"]*"\) && /g, () => ''],
	[/!/g, () => ''],
	[/\bwhen\b/g, () => 'unless'],
	[/\bunless\b/g, () => 'when'],
	[/(?<=(when|unless) \{)/g, () => pick([' resource.state == "held" &&', ' resource has subject &&', ' principal is Board ||',
		' principal is Person &&', ' if resource is Item then resource.hold else', ' context has network &&',
		' context.network.isLoopback() ||', ' context has network && context.network.isIpv4() ||',
		' principal.hasTag("a") && principal.getTag("b") < context.now ||', ' resource.subject == principal ||',
		' resource has subject && resource.subject == principal ||', ' (resource has subject || false) && resource.subject == principal ||'])],
];

function mutant() {
	for (;;) {
		const from = pick(policies);
		const [pattern, to] = pick(swaps);
		const at = [...from.matchAll(pattern)];
		if (at.length === 0)
			continue;
		const m = pick(at);
		const text = from.slice(0, m.index) + to() + from.slice(m.index + m[0].length);
		if (text !== from && cedar.checkParsePolicySet({staticPolicies: text}).type === 'success')
			return text;
	}
}

const all = {};
for (let i = 0; i < Number(countText); i++)
	all['m' + i] = mutant();
const answer = cedar.validate({validationSettings: {mode: 'strict'}, schema, policies: {staticPolicies: all}});
if (answer.type !== 'success')
	throw new Error(JSON.stringify(answer.errors));
const said = {};
for (const w of answer.validationWarnings)
	said[w.policyId] = said[w.policyId] || ['never', w.error.message];
for (const v of answer.validationErrors)
	if (!said[v.policyId] || said[v.policyId][0] !== 'invalid')
		said[v.policyId] = ['invalid', v.error.message];
fs.writeFileSync(out, Object.entries(all).map(([id, text]) => `@id("${id}") @title("t") @why("w")\n${text}\n`).join('\n'));
for (const id of Object.keys(all)) {
	const [word, why] = said[id] || ['valid', ''];
	process.stdout.write(`${id} ${word} ${why.replace(/\s+/g, ' ')}\n`);
}
