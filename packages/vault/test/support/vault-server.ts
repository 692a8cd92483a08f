/**
 * Vault's published HTTP API on loopback, as far as a login by JWT and key-value reads go, and GitHub's OIDC service
 * beside it: tokens are really signed (RS256, a key made on the spot) and really verified, roles bind audience and repository,
 * policies are looked at, and answers have the shapes and statuses of the API's documentation.
 */
import { createSign, createVerify, generateKeyPairSync, randomBytes } from 'node:crypto';
import { serve } from '../../../sources/test/support/serve.ts';
import type { Seen, TestServer } from '../../../sources/test/support/serve.ts';

export const OWNER_AUDIENCE = 'https://github.com/acme';

export interface Lab extends AsyncDisposable {
  vault: TestServer;
  oidc: TestServer;
  /** What the runner sets. */
  jobEnv: Record<string, string>;
  /** Every secret that passed: none may be seen in a log. */
  secrets: string[];
  /** Tokens that were revoked. */
  revoked: string[];
  rootToken: string;
}

interface Role {
  mount: string;
  audiences: string[];
  repository: string;
  /** Paths that its policy lets it read. */
  reads: string[];
}

export interface LabOptions {
  roles: Record<string, Role>;
  /** `secret/` is version 2, `old/` version 1. */
  secrets: Record<string, Record<string, unknown>>;
  deleted?: string[];
  /** Claim of the job's token. */
  repository?: string;
}

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

export async function startLab(options: LabOptions): Promise<Lab> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const rootToken = `hvs.root-${randomBytes(8).toString('hex')}`;
  const bearer = `runner-${randomBytes(8).toString('hex')}`;
  const secrets = [
    rootToken,
    bearer,
    ...Object.values(options.secrets).flatMap((each) => Object.values(each).map(String)),
  ];
  const tokens = new Map<string, string[]>([[rootToken, ['']]]);
  const revoked: string[] = [];

  const oidc = await answering((request) => {
    if (request.headers.authorization !== `Bearer ${bearer}`) return { status: 401 };
    const claims = {
      iss: 'https://token.actions.githubusercontent.com',
      aud: request.url.searchParams.get('audience') ?? OWNER_AUDIENCE,
      repository: options.repository ?? 'acme/llm',
      exp: Math.floor(Date.now() / 1000) + 300,
    };
    const signed = `${base64url({ alg: 'RS256', typ: 'JWT' })}.${base64url(claims)}`;
    const value = `${signed}.${createSign('RSA-SHA256').update(signed).sign(privateKey, 'base64url')}`;
    secrets.push(value);
    return json(200, { count: value.length, value });
  });

  const login = (mount: string, body: { jwt?: string; role?: string }): Reply => {
    const role = options.roles[body.role ?? ''];
    const known = Object.values(options.roles).some((each) => each.mount === mount);
    if (!known) return errors(403, 'permission denied');
    if (!role || role.mount !== mount)
      return errors(400, `role ${JSON.stringify(body.role ?? '')} could not be found`);
    const [head = '', claims64 = '', signature = ''] = (body.jwt ?? '').split('.');
    const fits = createVerify('RSA-SHA256')
      .update(`${head}.${claims64}`)
      .verify(publicKey, signature, 'base64url');
    if (!fits)
      return errors(
        400,
        'error verifying token signature: no known key successfully validated the token signature',
      );
    const claims = JSON.parse(Buffer.from(claims64, 'base64url').toString()) as {
      aud: string;
      repository: string;
    };
    if (!role.audiences.includes(claims.aud))
      return errors(
        400,
        'error validating token: invalid audience (aud) claim: audience claim does not match any bound audience',
      );
    if (claims.repository !== role.repository)
      return errors(
        400,
        'error validating claims: claim "repository" does not match any associated bound claim values',
      );
    const token = `hvs.${randomBytes(12).toString('hex')}`;
    tokens.set(token, role.reads);
    secrets.push(token);
    return json(200, {
      request_id: 'x',
      auth: {
        client_token: token,
        policies: ['default'],
        lease_duration: 900,
        renewable: true,
        token_type: 'service',
      },
    });
  };

  const vault = await answering((request) => {
    const path = decodeURIComponent(request.url.pathname).replace(/^\/v1\//, '');
    const mount = /^auth\/(.+)\/login$/.exec(path)?.[1];
    if (mount !== undefined && request.method === 'POST')
      return login(mount, JSON.parse(request.body) as { jwt?: string; role?: string });
    const token = (request.headers.authorization ?? '').replace(/^Bearer /, '');
    const reads = tokens.get(token);
    if (!reads) return errors(403, 'permission denied');
    if (path === 'auth/token/revoke-self') {
      tokens.delete(token);
      revoked.push(token);
      return { status: 204 };
    }
    const mayRead = (asked: string): boolean => reads.some((prefix) => asked.startsWith(prefix));
    const ui = /^sys\/internal\/ui\/mounts\/(.*)$/.exec(path)?.[1];
    if (ui !== undefined) {
      const engine = `${ui.split('/')[0]}/`;
      if (
        !['secret/', 'old/'].includes(engine) ||
        !reads.some((each) => each === '' || each.startsWith(engine))
      )
        return errors(
          403,
          `preflight capability check returned 403, please ensure client's policies grant access to path "${ui}/"`,
        );
      return json(200, {
        data: { path: engine, type: 'kv', options: engine === 'secret/' ? { version: '2' } : null },
      });
    }
    if (!mayRead(path)) return errors(403, '1 error occurred:\n\t* permission denied\n\n');
    const second = /^secret\/data\/(.+)$/.exec(path)?.[1];
    const name = second === undefined ? path : `secret/${second}`;
    const fields = options.secrets[name];
    if (second !== undefined && options.deleted?.includes(name))
      return json(404, {
        data: {
          data: null,
          metadata: { deletion_time: '2026-01-01T00:00:00Z', destroyed: false, version: 3 },
        },
      });
    if (!fields || (second === undefined && path.startsWith('secret/'))) return errors(404);
    return json(200, {
      data:
        second === undefined
          ? fields
          : { data: fields, metadata: { version: 3, deletion_time: '', destroyed: false } },
    });
  });

  return {
    vault,
    oidc,
    secrets,
    revoked,
    rootToken,
    jobEnv: {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${oidc.url}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer,
    },
    [Symbol.asyncDispose]: async () => {
      await vault[Symbol.asyncDispose]();
      await oidc[Symbol.asyncDispose]();
    },
  };
}

interface Reply {
  status: number;
  body?: unknown;
}

function json(status: number, body: unknown): Reply {
  return { status, body };
}

function errors(status: number, ...said: string[]): Reply {
  return json(status, { errors: said });
}

function answering(answer: (request: Seen) => Reply): Promise<TestServer> {
  return serve((request, response) => {
    const { status, body } = answer(request);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
