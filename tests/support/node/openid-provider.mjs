// An OpenID provider for tests: `openid-provider.mjs PORT CALLBACK…`. Who signs in as "ROLE:UNIT" has that role and unit.
import { Provider } from 'oidc-provider';

const [port, ...callbacks] = process.argv.slice(2);

function account(id) {
  const [role, unit] = id.split(':');
  return { accountId: id, claims: async () => ({ sub: id, role, ...(unit ? { unit } : {}) }) };
}

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: 'loa',
      client_secret: 'a secret: with %, & and +',
      redirect_uris: callbacks,
      grant_types: ['authorization_code'],
      response_types: ['code'],
    },
  ],
  pkce: { required: () => true },
  claims: { openid: ['sub', 'role', 'unit'] },
  conformIdTokenClaims: false,
  cookies: { keys: ['a key of a test'] },
  findAccount: async (_, id) => account(id),
});

provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
