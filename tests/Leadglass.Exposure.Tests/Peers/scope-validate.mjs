// Reads scopes with npm's yaml and validates them with npm's ajv: node scope-validate.mjs MODULES SCHEMA FILE...
// One line for each file: "valid", or "wrong: " and why.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [modules, schemaPath, ...files] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
const Ajv = require("ajv/dist/2020").default;
const { parse } = require("yaml");

const ajv = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true });
const validate = ajv.compile(JSON.parse(readFileSync(schemaPath, "utf8")));
for (const file of files) {
  try {
    const document = parse(readFileSync(file, "utf8"), { version: "1.2" });
    console.log(validate(document) ? "valid" : `wrong: ${ajv.errorsText(validate.errors)}`);
  } catch (problem) {
    console.log(`wrong: ${problem.message.split("\n")[0]}`);
  }
}
