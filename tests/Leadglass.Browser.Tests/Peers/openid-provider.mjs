// node openid-provider.mjs ORDER: npm's oidc-provider as the hospital's sign-in provider, with its own sign-in pages.
// ORDER is JSON: port, modules, clientId, clientSecret, redirectUris, postLogoutRedirectUris, people (name -> groups).
// POST /control with a kind of ID token makes it issue that kind from then on: good, forged, expired, audience, unsigned.
import http from 'node:http';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const order = JSON.parse(process.argv[2]);
const load = name => import(pathToFileURL(path.join(order.modules, 'node_modules', ...name)).href);
const { Provider } = await load(['oidc-provider', 'lib', 'index.js']);
const jose = await load(['jose', 'dist', 'webapi', 'index.js']);

const own = await jose.generateKeyPair('RS256', { extractable: true });
const foreign = await jose.generateKeyPair('RS256');
const issuer = `http://127.0.0.1:${order.port}`;
let kind = 'good';

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: order.clientId,
      client_secret: order.clientSecret,
      redirect_uris: order.redirectUris,
      post_logout_redirect_uris: order.postLogoutRedirectUris,
      ...(order.clientSecret ? {} : { token_endpoint_auth_method: 'none' }),
    },
  ],
  jwks: { keys: [{ ...(await jose.exportJWK(own.privateKey)), kid: 'own', use: 'sig', alg: 'RS256' }] },
  cookies: { keys: ['made up for a test'] },
  claims: { openid: ['sub'], profile: ['name', 'preferred_username'], groups: ['groups'] },
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  ttl: { AccessToken: 600, AuthorizationCode: 60, IdToken: 600, Grant: 600, Interaction: 600, Session: 600 },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: `${id} (hospital)`, preferred_username: id, groups: order.people[id] ?? [] }),
  }),
});

provider.use(async (context, next) => {
  if (context.path === '/control' && context.method === 'POST') {
    kind = context.query.kind;
    context.body = kind;
    return;
  }
  await next();
  if (context.path === '/token' && context.body?.id_token && kind !== 'good') {
    context.body = { ...context.body, id_token: await tamper(jose.decodeJwt(context.body.id_token)) };
  }
});

function tamper(claims) {
  const now = Math.floor(Date.now() / 1000);
  if (kind === 'expired') claims = { ...claims, iat: now - 7200, exp: now - 3600 };
  if (kind === 'audience') claims = { ...claims, aud: 'another-client' };
  if (kind === 'unsigned') return new jose.UnsecuredJWT(claims).encode();
  const key = kind === 'forged' ? foreign.privateKey : own.privateKey;
  return new jose.SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'own', typ: 'JWT' }).sign(key);
}

http.createServer(provider.callback()).listen(order.port, '127.0.0.1', () => console.log('ready'));
