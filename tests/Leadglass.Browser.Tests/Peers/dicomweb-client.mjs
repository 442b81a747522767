// node dicomweb-client.mjs: what a program does with npm's dicomweb-client: gets a token, stores, searches, reads.
// The order comes as JSON on standard input, the findings leave as JSON on standard output.
import crypto from 'node:crypto';
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { createRequire } from 'node:module';
import { install } from './xml-http-request.mjs';

const order = JSON.parse(fs.readFileSync(0, 'utf8'));
const { api } = createRequire(path.join(order.modules, 'package.json'))('dicomweb-client');
const authority = fs.readFileSync(order.authority);
install(authority);

const digest = bytes => crypto.createHash('sha256').update(Buffer.from(bytes)).digest('hex');
const client = new api.DICOMwebClient({
  url: `${order.origin}/dicom-web`,
  headers: { Authorization: `Bearer ${await token()}` },
});
const { study } = order;
const series = `${study}.1`;
const instance = number => ({ studyInstanceUID: study, seriesInstanceUID: series, sopInstanceUID: `${study}.1.${number}` });
const raw = [{ mediaType: 'application/octet-stream', transferSyntaxUID: '*' }];

const files = order.files.map(file => fs.readFileSync(file));
const stored = await client.storeInstances({
  datasets: files.map(file => file.buffer.slice(file.byteOffset, file.byteOffset + file.length)),
});
const findings = {
  storeResponse: typeof stored === 'string' && stored ? JSON.parse(stored) : stored,
  byName: await client.searchForStudies({ queryParams: { PatientName: order.name, includefield: 'all' } }),
  byUnknownName: await client.searchForStudies({ queryParams: { PatientName: 'NOBODY^AT ALL' } }),
  series: await client.searchForSeries({ studyInstanceUID: study }),
  instances: await client.searchForInstances({ studyInstanceUID: study, seriesInstanceUID: series, queryParams: { limit: 2, offset: 1 } }),
  studyMetadata: (await client.retrieveStudyMetadata({ studyInstanceUID: study })).length,
  seriesMetadata: (await client.retrieveSeriesMetadata({ studyInstanceUID: study, seriesInstanceUID: series })).length,
  instanceMetadata: await client.retrieveInstanceMetadata(instance(1)),
  instanceLength: (await client.retrieveInstance(instance(1))).byteLength,
  seriesParts: (await client.retrieveSeries({ studyInstanceUID: study, seriesInstanceUID: series })).length,
  studyParts: (await client.retrieveStudy({ studyInstanceUID: study })).length,
  frame: digest((await client.retrieveInstanceFrames({ ...instance(2), frameNumbers: '1', mediaTypes: raw }))[0]),
};
const pixels = findings.instanceMetadata[0]?.['7FE00010']?.BulkDataURI;
if (pixels) {
  const [bytes] = await client.retrieveBulkData({ BulkDataURI: new URL(pixels, order.origin).href });
  findings.bulkData = digest(bytes);
}
const refused = await new api.DICOMwebClient({ url: `${order.origin}/dicom-web`, headers: { Authorization: 'Bearer wrong' } })
  .searchForStudies()
  .catch(problem => problem.status);
process.stdout.write(JSON.stringify({ ...findings, refused }));

function token() {
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: order.clientId, client_secret: order.clientSecret });
  return new Promise((done, failed) => {
    const request = https.request(
      `${order.origin}/connect/token`,
      { method: 'POST', ca: authority, headers: { 'Content-Type': 'application/x-www-form-urlencoded' } },
      answer => {
        let text = '';
        answer.setEncoding('utf8').on('data', part => (text += part));
        answer.on('end', () =>
          answer.statusCode === 200 ? done(JSON.parse(text).access_token) : failed(new Error(`no token: ${answer.statusCode} ${text}`)),
        );
      },
    );
    request.on('error', failed);
    request.end(form.toString());
  });
}
