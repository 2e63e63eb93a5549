// bench - the decisions of bench_policy_cedar, taken by Cedar's own engine with everything parsed before.
//
//     bench_policy_cedar --cases | node bench.js MODULE OUR_P50_US
'use strict';
const cedar = require(`${process.argv[2]}/nodejs`);
const ours = Number(process.argv[3]);
const [policies, rest] = require('fs').readFileSync(0, 'utf8').split('\n\n');
const [entities, ...requests] = rest.trim().split('\n').map((line) => JSON.parse(line));

const loaded = cedar.preparsePolicySet('bench', { staticPolicies: policies });
if (loaded.type !== 'success') throw new Error(JSON.stringify(loaded.errors));
const calls = requests.map((r) => ({ ...r, preparsedPolicySetId: 'bench', entities, validateRequest: false }));

function p50(run) {
	const times = [];
	for (let i = 0; i < 6000; i++) {
		const begin = process.hrtime.bigint();
		run(calls[i % calls.length]);
		if (i >= 1000) times.push(Number(process.hrtime.bigint() - begin) / 1000);
	}
	return times.sort((a, b) => a - b)[times.length >> 1];
}
const theirs = p50((call) => {
	const r = cedar.statefulIsAuthorized(call);
	if (r.type !== 'success') throw new Error(JSON.stringify(r.errors));
});
console.log(`the same in @cedar-policy/cedar-wasm: p50 ${theirs.toFixed(1)} us, JSON in and out included: ${(theirs / ours).toFixed(0)} times ours`);
