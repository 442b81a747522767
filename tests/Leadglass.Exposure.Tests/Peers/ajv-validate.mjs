// Validates JSON documents against a JSON schema (draft 2020-12): node ajv-validate.mjs MODULES SCHEMA DOCUMENT...
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [modules, schemaPath, ...documents] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
const Ajv = require("ajv/dist/2020").default;
const addFormats = require("ajv-formats").default;

const ajv = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true });
addFormats(ajv);
const validate = ajv.compile(JSON.parse(readFileSync(schemaPath, "utf8")));
for (const path of documents) {
  if (!validate(JSON.parse(readFileSync(path, "utf8")))) {
    console.log(ajv.errorsText(validate.errors, { separator: "\n" }));
    process.exitCode = 1;
  }
}
