// validate.js PACKAGE SCHEMA POLICIES - what Cedar's own validator says of a policy set, in strict mode: exit 1 unless it
// has no error and no warning.
'use strict';
const fs = require('fs');
const [, , pkg, schemaFile, policyFile] = process.argv;
const cedar = require(pkg + '/nodejs');
const answer = cedar.validate({
	validationSettings: {mode: 'strict'},
	schema: fs.readFileSync(schemaFile, 'utf8'),
	policies: {staticPolicies: fs.readFileSync(policyFile, 'utf8')},
});
const said = answer.type !== 'success' ? answer.errors :
	[...answer.validationErrors, ...answer.validationWarnings, ...answer.otherWarnings].map((s) => s.error || s);
for (const s of said)
	console.error(s.message || JSON.stringify(s));
if (said.length > 0)
	process.exit(1);
console.log(`Cedar ${cedar.getCedarSDKVersion ? cedar.getCedarSDKVersion() : ''}: the default policies are valid`);
