// node unpack.mjs PACKAGE TARGET REVISION
//
// Takes from OHIF's ready build what the archive serves: the basic viewing mode, the extensions it stands on, and every
// script, style and WebAssembly module that these can reach. All of it lands in TARGET/REVISION, with the address it is
// served from written in; each file that compresses lies there a second and third time, compressed.
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';

const [packageFolder, target, revision] = process.argv.slice(2);
const here = path.dirname(new URL(import.meta.url).pathname);
const dist = path.join(packageFolder, 'dist');
const base = `/viewer/${revision}/`;
const used = new Set([
  '@ohif/extension-default',
  '@ohif/extension-cornerstone',
  '@ohif/extension-cornerstone-dicom-sr',
  '@ohif/extension-cornerstone-dicom-seg',
  '@ohif/extension-cornerstone-dicom-pmap',
  '@ohif/extension-cornerstone-dicom-rt',
  '@ohif/extension-dicom-pdf',
  '@ohif/extension-dicom-video',
  '@ohif/mode-basic',
]);

const names = fs.readdirSync(dist);
const one = pattern => {
  const found = names.filter(name => pattern.test(name));
  if (found.length !== 1) throw new Error(`expected one file like ${pattern}, found ${found.length}`);
  return found[0];
};
const program = one(/^app\.bundle\.[0-9a-f]+\.js$/);

/** Replaces, and says so when there was nothing to replace: then this is another OHIF than the one that was reviewed. */
function replace(text, pattern, replacement, what) {
  const result = text.replace(pattern, replacement);
  if (result === text) throw new Error(`nothing found to replace: ${what}`);
  return result;
}

function rewriteProgram(text) {
  const loader = /  if \(module === "([^"]+)"\) \{\n(?:.*\n)*?  \}\n/g;
  text = replace(text, loader, (block, name) => (used.has(name) ? block : ''), 'module loader');
  // The VOI LUT Function of DICOMweb metadata is one text, of which OHIF takes the first letter and then knows no such
  // function: no image that has the attribute is shown.
  text = replace(
    text,
    'voiLutModule.voiLUTFunction[0]',
    '[voiLutModule.voiLUTFunction].flat()[0]',
    'VOI LUT Function',
  );
  return replace(
    text,
    /^pluginImports_(?:modes|extensions)\.push\("([^"]+)"\);\n/gm,
    (line, name) => (used.has(name) ? line : ''),
    'list of modes',
  );
}

function rewrite(name, text) {
  if (name === program) text = rewriteProgram(text);
  if (name.endsWith('.css')) return text.replaceAll('url(/', 'url(');
  // The content policy takes styles that a script sets one by one, and refuses style attributes that it writes as text.
  return text
    .replaceAll('__webpack_require__.p = "/"', `__webpack_require__.p = "${base}"`)
    .replaceAll(/\.setAttribute\('style', /g, '.style.cssText = (');
}

/** The scripts, styles and modules that a script can ask for. */
function* reachableFrom(text) {
  const ids = new Set();
  for (const [, id] of text.matchAll(/__webpack_require__\.[eu]\((?:\/\*.*?\*\/ ?)?(\d+)\)/g)) ids.add(id);
  for (const [, list] of text.matchAll(/__webpack_require__\.O\(undefined, \[([^\]]+)\]/g))
    for (const [id] of list.matchAll(/\d+/g)) ids.add(id);
  for (const id of ids) {
    const file = byId.get(id);
    if (file) yield file;
    if (names.includes(`${id}.css`)) yield `${id}.css`;
  }
  for (const [file] of text.matchAll(/\b[0-9a-f]{16}\.(?:wasm|woff2)\b/g)) yield file;
}

const programText = fs.readFileSync(path.join(dist, program), 'utf8');
const byId = new Map();
for (const name of names) {
  const match = /^(\d+)\.bundle\.[0-9a-f]+\.js$/.exec(name);
  if (match) byId.set(match[1], name);
}
// Named chunks: {1644: "interpolation",...}[chunkId]
const named = /"" \+ \(\{([^}]*)\}\[chunkId\] \|\| chunkId\) \+ "\.bundle\."/.exec(programText);
if (!named) throw new Error('nothing found: names of chunks');
for (const [, id, name] of named[1].matchAll(/(\d+): "([^"]+)"/g)) byId.set(id, one(new RegExp(`^${name}\\.bundle\\.[0-9a-f]+\\.js$`)));

const files = new Map();
const waiting = [program, 'app.bundle.css'];
for (let name; (name = waiting.pop()); ) {
  if (files.has(name)) continue;
  const bytes = fs.readFileSync(path.join(dist, name));
  if (!/\.(js|css)$/.test(name)) {
    files.set(name, bytes);
    continue;
  }
  const text = rewrite(name, bytes.toString('utf8'));
  files.set(name, Buffer.from(text));
  waiting.push(...reachableFrom(text));
}
for (const name of ['app-config.js']) files.set(name, fs.readFileSync(path.join(here, name)));
files.set('LICENSE', fs.readFileSync(path.join(packageFolder, 'LICENSE')));

const assets = path.join(target, revision);
fs.mkdirSync(assets, { recursive: true });
const { constants } = zlib;
for (const [name, bytes] of files) {
  fs.writeFileSync(path.join(assets, name), bytes);
  if (!/\.(js|css|wasm)$/.test(name)) continue;
  const quality = bytes.length > 4e6 ? 7 : 9;
  fs.writeFileSync(
    path.join(assets, `${name}.br`),
    zlib.brotliCompressSync(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    }),
  );
  fs.writeFileSync(path.join(assets, `${name}.gz`), zlib.gzipSync(bytes, { level: 9 }));
}
const page = fs
  .readFileSync(path.join(here, 'index.html'), 'utf8')
  .replaceAll('{base}', base)
  .replaceAll('{program}', program);
fs.writeFileSync(path.join(target, 'index.html'), page);
fs.writeFileSync(path.join(target, 'revision'), `${revision}\n`);
