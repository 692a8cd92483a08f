/**
 * The registries of three clouds in memory, as far as `promote` asks them: names, fields and required members are those of botocore's
 * sagemaker/2017-07-24; of Vertex AI and Azure ML each request and each answer is held to their published description.
 */
import { createHash } from 'node:crypto';
import { signV4 } from '@sluice/sources/aws-signature';
import { serve, type Seen, type TestServer } from '../../../sources/test/support/serve.ts';
import { PublishedCalls } from './published-calls.ts';

type Fields = Record<string, unknown>;
interface Answer {
  status: number;
  body: Fields;
}

function serveJson(answer: (request: Seen, body: Fields) => Answer): Promise<TestServer> {
  return serve((request, response) => {
    const asked = request.body === '' ? {} : (JSON.parse(request.body) as Fields);
    const { status, body } = answer(request, asked);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
}

/** Throws at a member that isn't the call's. */
function only(body: Fields, members: readonly string[]): void {
  const unknown = Object.keys(body).filter((key) => !members.includes(key));
  if (unknown.length > 0) throw new Error(`unknown members ${unknown.join(', ')}`);
}

export interface ModelPackage {
  status: string;
  data: string;
  metadata: Record<string, string>;
  description?: string;
}

export const AWS_KEYS = { accessKeyId: 'AKID', secretAccessKey: 'secret' };

/** The place in the list, from 1, is the version. */
export function serveSagemaker(group: string, packages: ModelPackage[]): Promise<TestServer> {
  const arn = (version: number): string => `arn:aws:sagemaker:us-east-1:1:model-package/${group}/${version}`;
  const at = (name: unknown): ModelPackage | undefined =>
    packages[Number(String(name).split('/').at(-1)) - 1];
  const calls: Record<string, (body: Fields) => Fields> = {
    ListModelPackages: (body) => {
      only(body, ['ModelPackageGroupName', 'ModelApprovalStatus', 'SortBy', 'SortOrder', 'NextToken']);
      const status = body['ModelApprovalStatus'];
      const all = packages.map((each, index) => ({ ...each, version: index + 1 })).toReversed();
      const found = all.filter((each) => status === undefined || each.status === status);
      // Pages of two.
      const start = Number(body['NextToken'] ?? 0);
      const page = found.slice(start, start + 2);
      return {
        ModelPackageSummaryList: page.map((each) => ({
          ...{ ModelPackageArn: arn(each.version), ModelPackageVersion: each.version },
          ...{
            CreationTime: each.version,
            ModelPackageStatus: 'Completed',
            ModelApprovalStatus: each.status,
          },
        })),
        ...(start + 2 < found.length ? { NextToken: String(start + 2) } : {}),
      };
    },
    DescribeModelPackage: (body) => {
      only(body, ['ModelPackageName']);
      const found = at(body['ModelPackageName']);
      return {
        CustomerMetadataProperties: found?.metadata,
        InferenceSpecification: { Containers: [{ ModelDataUrl: found?.data }] },
      };
    },
    UpdateModelPackage: (body) => {
      only(body, [
        'ModelPackageArn',
        'ModelApprovalStatus',
        'ApprovalDescription',
        'CustomerMetadataProperties',
      ]);
      const metadata = body['CustomerMetadataProperties'] as Record<string, string>;
      for (const value of Object.values(metadata))
        if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,256}$/u.test(value)) throw new Error(`metadata ${value}`);
      const found = at(body['ModelPackageArn']);
      Object.assign(found ?? {}, {
        ...{ status: body['ModelApprovalStatus'], description: body['ApprovalDescription'], metadata },
      });
      return { ModelPackageArn: body['ModelPackageArn'] };
    },
  };
  return serveJson((request, body) => {
    const target = String(request.headers['x-amz-target']);
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target };
    if (!signedForSagemaker(request, headers))
      return { status: 400, body: { __type: 'InvalidSignatureException', message: 'no' } };
    return guarded(() => calls[target.replace('SageMaker.', '')]?.(body), {
      wrong: (message) => ({ __type: 'com.amazon#ValidationException', message }),
    });
  });
}

function signedForSagemaker(request: Seen, own: Record<string, string>): boolean {
  const stamp = String(request.headers['x-amz-date']);
  const date = new Date(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/u, '$1-$2-$3T$4:$5:$6Z'));
  const payloadHash = createHash('sha256').update(request.bytes).digest('hex');
  const url = new URL(request.url.pathname, `http://${request.headers.host ?? ''}`);
  const headers = { 'accept-encoding': 'identity', ...own };
  const scope = { credentials: AWS_KEYS, region: 'us-east-1', service: 'sagemaker', date };
  return (
    signV4({ method: 'POST', url, headers, payloadHash }, scope)['authorization'] ===
    request.headers.authorization
  );
}

function guarded(call: () => Fields | undefined, words: { wrong: (message: string) => Fields }): Answer {
  try {
    const body = call();
    return body === undefined ? { status: 404, body: words.wrong('not found') } : { status: 200, body };
  } catch (error) {
    return { status: 400, body: words.wrong(String(error)) };
  }
}

export interface VertexVersion {
  aliases: string[];
  artifactUri: string;
  labels: Record<string, string>;
  description?: string;
}

/** `projects/p/locations/l/models/llm`; the place in the list, from 1, is the version; the token is `right`. */
export function serveVertex(versions: VertexVersion[]): Promise<TestServer> {
  const root = '/v1/projects/p/locations/l/models/llm';
  const view = (version: VertexVersion): Fields => ({
    ...{ name: root.slice(4), versionId: String(versions.indexOf(version) + 1), labels: version.labels },
    ...{ versionAliases: version.aliases, artifactUri: version.artifactUri, etag: 'e' },
  });
  const at = (name: string): VertexVersion | undefined =>
    versions[Number(name) - 1] ?? versions.find(({ aliases }) => aliases.includes(name));
  const wrong = (message: string): Fields => ({ error: { code: 404, message, status: 'NOT_FOUND' } });
  const published = new PublishedCalls('vertex-v1.json');
  return serveJson((request, body) => {
    if (request.headers.authorization !== 'Bearer right') return { status: 401, body: wrong('no login') };
    const { pathname, searchParams } = request.url;
    const path = decodeURIComponent(pathname).slice(root.length);
    return guarded(
      () => {
        const call = published.ask(request);
        if (!pathname.startsWith(root)) return undefined;
        if (request.method === 'GET' && path === ':listVersions') {
          const listed = { models: versions.map(view).toReversed() };
          published.answer(call, listed);
          return listed;
        }
        const [, name = '', verb] = /^@([^:]+)(?::(\w+))?$/u.exec(path) ?? [];
        const version = at(name);
        if (version === undefined) return undefined;
        if (request.method === 'POST' && verb === 'mergeVersionAliases') {
          for (const alias of body['versionAliases'] as string[]) {
            if (alias.startsWith('-'))
              version.aliases = version.aliases.filter((own) => own !== alias.slice(1));
            else if (at(alias) !== undefined) throw new Error('another version has this alias');
            else version.aliases.push(alias);
          }
        } else if (request.method === 'PATCH' && searchParams.get('updateMask') === 'versionDescription') {
          version.description = String(body['versionDescription']);
        } else if (request.method !== 'GET') return undefined;
        published.answer(call, view(version));
        return view(version);
      },
      { wrong },
    );
  });
}

export interface AzureVersion {
  name: string;
  properties: { stage?: string; tags: Record<string, string>; modelUri: string } & Fields;
}

/** The token is `right`, given by the same server as Entra ID to client `c` with secret `s`. */
export function serveAzureml(versions: AzureVersion[]): Promise<TestServer> {
  const root =
    '/subscriptions/s1/resourceGroups/g1/providers/Microsoft.MachineLearningServices/workspaces/w1/models/llm/versions';
  const published = new PublishedCalls('azureml-2024-10-01.json');
  const wrong = (message: string): Fields => ({ error: { code: 'NotFound', message } });
  return serve((request, response) => {
    const send = ({ status, body }: Answer): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const { pathname } = request.url;
    if (pathname === '/t/oauth2/v2.0/token') {
      const form = new URLSearchParams(request.body);
      const fits =
        form.get('scope') === 'https://management.azure.com/.default' && form.get('client_secret') === 's';
      send(
        fits ? { status: 200, body: { access_token: 'right', expires_in: 3600 } } : { status: 401, body: {} },
      );
      return;
    }
    if (request.headers.authorization !== 'Bearer right') {
      send({ status: 401, body: wrong('no login') });
      return;
    }
    const answer = guarded(
      () => {
        const call = published.ask(request);
        if (!pathname.startsWith(root)) return undefined;
        if (pathname === root) {
          published.answer(call, { value: versions });
          return { value: versions };
        }
        const found = versions.find(({ name }) => pathname === `${root}/${name}`);
        if (found !== undefined && request.method === 'PUT') {
          const { properties } = JSON.parse(request.body) as AzureVersion;
          found.properties = { ...properties, provisioningState: 'Succeeded' };
        }
        if (found !== undefined) published.answer(call, found);
        return found && { ...found };
      },
      { wrong },
    );
    send(answer);
  });
}
