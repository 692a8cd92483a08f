/** A service of AWS that speaks JSON under Signature Version 4, with the credentials and addresses that AWS's tools read. */
import { createHash } from 'node:crypto';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { chooseS3Access } from './aws-access.ts';
import { signV4 } from './aws-signature.ts';
import { askJson, saidBy } from './json-api.ts';
import type { Fields } from './json-fields.ts';
import { mayCarrySecrets, type RequestContext } from './remote-http.ts';
import { variable } from './server-address.ts';

export interface AwsContext extends RequestContext {
  env: NodeJS.ProcessEnv;
  addSecret?: ((value: string) => void) | undefined;
}

export interface AwsService {
  ask(action: string, body: Fields, what: string): Promise<Fields>;
}

/**
 * @param service as it is signed for
 * @param prefix of its host name
 * @param target of `X-Amz-Target`
 * @param version of the JSON protocol, as the service's description names it
 * @throws ConfigError without credentials
 */
export async function openAws(
  service: string,
  prefix: string,
  target: string,
  context: AwsContext,
  version: '1.0' | '1.1' = '1.1',
): Promise<AwsService> {
  const { env } = context;
  const own = variable(env, `AWS_ENDPOINT_URL_${service.toUpperCase()}`);
  const access = await chooseS3Access({ endpoint: own }, { ...env, AWS_ENDPOINT_URL_S3: '' });
  const { credentials, region, from } = access;
  if (credentials === undefined)
    throw new ConfigError(
      `${service} is asked with AWS credentials: set \`AWS_ACCESS_KEY_ID\` and \`AWS_SECRET_ACCESS_KEY\`, or a profile`,
    );
  context.addSecret?.(credentials.secretAccessKey);
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const url = access.endpoint ?? `https://${prefix}.${region}.${domain}`;
  if (!mayCarrySecrets(new URL(url)))
    throw new ConfigError(`AWS requests for ${service} would travel over plain http to ${url}; use https`);
  const { origin } = new URL(url);
  const ask = async (action: string, body: Fields, what: string): Promise<Fields> => {
    const text = JSON.stringify(body);
    const payloadHash = createHash('sha256').update(text).digest('hex');
    const headers = {
      'content-type': `application/x-amz-json-${version}`,
      'x-amz-target': `${target}.${action}`,
    };
    const authorize = (hop: URL, sent: Record<string, string>): Record<string, string> =>
      hop.origin === origin
        ? signV4(
            { method: 'POST', url: hop, headers: sent, payloadHash },
            { credentials, region, service, date: new Date() },
          )
        : {};
    const { status, fields } = await askJson(
      { url: `${url}/`, method: 'POST', headers, body: text, authorize },
      'an AWS service',
      context,
    );
    if (status < 300) return fields;
    const code = String(fields['__type'] ?? '').replace(/^.*#/u, '');
    const said = `${status}${code === '' ? '' : ` ${code}`}${saidBy(fields['message'] ?? fields['Message'])}`;
    if (
      /AccessDenied|UnrecognizedClient|InvalidSignature|SignatureDoesNotMatch|InvalidClientTokenId|ExpiredToken|InvalidAccessKeyId/u.test(
        code,
      ) ||
      status === 401 ||
      status === 403
    )
      throw new ConfigError(
        `${what}: ${action} is refused to ${from} (${said}); give \`AWS_ACCESS_KEY_ID\` and \`AWS_SECRET_ACCESS_KEY\` that allow ${service}:${action}`,
      );
    if (status < 500) throw new ConfigError(`${what}: ${action} is refused (${said})`);
    throw new InfraError(`${what}: ${action} answered ${said}`);
  };
  return { ask };
}
