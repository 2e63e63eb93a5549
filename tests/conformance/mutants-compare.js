// mutants-compare.js THEIRS OURS MUTANTS - the verdicts of mutants.js and the findings of `policy lint --json`, compared:
// exit 1 when they differ. What lint alone looks for is left out: results out of range, blanket permits, and a `has` of
// what nothing can have.
'use strict';
const fs = require('fs');
const [, , theirsFile, oursFile, mutantsFile] = process.argv;
const ours = {};
let only = 0;
for (const f of JSON.parse(fs.readFileSync(oursFile, 'utf8')).findings) {
	if (!['unknown', 'type', 'missing', 'never'].includes(f.what))
		continue;
	ours[f.policy] = ours[f.policy] || [];
	ours[f.policy].push(f);
}
const mutants = fs.readFileSync(mutantsFile, 'utf8').split(/^(?=@id\()/m);
const count = {valid: 0, invalid: 0, never: 0};
let differ = 0;
for (const line of fs.readFileSync(theirsFile, 'utf8').trim().split('\n')) {
	const [id, word, ...why] = line.split(' ');
	const found = ours[id] || [];
	const extra = (f) => f.text.startsWith('nothing here can have an attribute');
	const mine = found.some((f) => f.what !== 'never' && !extra(f)) ? 'invalid' :
		found.some((f) => f.what === 'never') ? 'never' : 'valid';
	count[word]++;
	if (mine === word)
		continue;
	if (found.some(extra) && mine === 'valid') {
		only++;
		continue;
	}
	differ++;
	console.error(`${id}: Cedar says ${word} ${why.join(' ')}; lint says ${mine} ${found.map((f) => f.text).join('; ')}`);
	console.error(mutants.find((m) => m.startsWith(`@id("${id}")`)));
}
console.log(`${count.valid} valid, ${count.invalid} invalid, ${count.never} that never match: ${differ} judged otherwise` +
	` (${only} refused for a \`has\` of what nothing can have)`);
if (differ > 0 || count.valid === 0 || count.invalid === 0 || count.never === 0)
	process.exit(1);
