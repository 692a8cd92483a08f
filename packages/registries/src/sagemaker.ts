/**
 * `sagemaker:group`: the approval of model packages. What a group stands for is its newest approved package, as SageMaker's own
 * pipelines take it; a package is the subject's by `sluice.digest` in its customer metadata, else by where its data lies.
 * Shapes: botocore, sagemaker/2017-07-24.
 */
import { ConfigError, GateError } from '@sluice/runtime/errors';
import { arrayOf, fieldsOf, textOf, type Fields } from '@sluice/sources/json-fields';
import { openAws, type AwsService } from '@sluice/sources/aws-service';
import type { Comment, RegistryContext, Subject } from './registry.ts';
import { commentLine } from './registry.ts';
import { VersionPointer } from './version-pointer.ts';

/** Packages whose description is asked for, newest first. */
const NEWEST = 100;
const LONGEST_DESCRIPTION = 1024;
const LONGEST_VALUE = 256;

interface Package {
  arn: string;
  version: number;
}

export async function openSagemaker(group: string, context: RegistryContext): Promise<SagemakerApproval> {
  const service = await openAws('sagemaker', 'api.sagemaker', 'SageMaker', context);
  return new SagemakerApproval(service, group);
}

class SagemakerApproval extends VersionPointer {
  readonly #service: AwsService;
  readonly #group: string;
  #tags: Readonly<Record<string, string>> = {};

  constructor(service: AwsService, group: string) {
    super(`sagemaker:${group}`);
    this.#service = service;
    this.#group = group;
  }

  /** The version of the newest approved package. */
  async observe(): Promise<string | null> {
    const [newest] = await this.#list({ ModelApprovalStatus: 'Approved' }, 1);
    return newest === undefined ? null : String(newest.version);
  }

  protected async versionOf(subject: Subject): Promise<string> {
    const found = await this.#find(subject);
    if (found === undefined)
      throw new ConfigError(
        `none of the newest packages of ${this.target} is ${subject.digest} (customer metadata sluice.digest) or has its data at ${subject.source}; create one in SageMaker, with either`,
      );
    const approved = await this.observe();
    if (approved !== null && Number(approved) > found)
      throw new GateError(
        `${this.target}: version ${approved} is approved and newer than ${found}, so approving that would change nothing; reject ${approved} first`,
      );
    this.#tags = { ...subject.tags, 'sluice.digest': subject.digest };
    return String(found);
  }

  protected async move(version: string | null, from: string | null, comment: Comment): Promise<void> {
    // Backwards: the newer one must go, or it would still be the newest approved.
    if (from !== null && (version === null || Number(version) < Number(from)))
      await this.#update(from, 'Rejected', comment);
    if (version !== null) await this.#update(version, 'Approved', comment);
  }

  async #find({ digest, source }: Subject): Promise<number | undefined> {
    for (const { arn, version } of await this.#list({}, NEWEST)) {
      const described = await this.#service.ask(
        'DescribeModelPackage',
        { ModelPackageName: arn },
        this.target,
      );
      const said = fieldsOf(described['CustomerMetadataProperties'] ?? {}, arn)['sluice.digest'];
      if (said === digest) return version;
      if (said === undefined && dataOf(described, arn).includes(source)) return version;
    }
    return undefined;
  }

  /** Newest first. */
  async #list(more: Fields, most: number): Promise<Package[]> {
    const found: Package[] = [];
    for (let next: string | undefined; ;) {
      const answer: Fields = await this.#service.ask(
        'ListModelPackages',
        {
          ...{ ModelPackageGroupName: this.#group, SortBy: 'CreationTime', SortOrder: 'Descending', ...more },
          ...(next === undefined ? {} : { NextToken: next }),
        },
        this.target,
      );
      for (const each of arrayOf(answer['ModelPackageSummaryList'], this.target)) {
        const fields = fieldsOf(each, this.target);
        const version = Number(fields['ModelPackageVersion']);
        if (Number.isSafeInteger(version))
          found.push({ arn: textOf(fields['ModelPackageArn'], this.target, 'ModelPackageArn'), version });
      }
      const token = answer['NextToken'];
      if (typeof token !== 'string' || token === next || found.length >= most) break;
      next = token;
    }
    return found.toSorted((a, b) => b.version - a.version).slice(0, most);
  }

  async #update(version: string, status: 'Approved' | 'Rejected', comment: Comment): Promise<void> {
    const all = await this.#list({}, Infinity);
    const arn = all.find((each) => String(each.version) === version)?.arn;
    if (arn === undefined) throw new ConfigError(`${this.target} has no version ${version} any more`);
    const described = await this.#service.ask('DescribeModelPackage', { ModelPackageName: arn }, this.target);
    const kept = fieldsOf(described['CustomerMetadataProperties'] ?? {}, arn) as Record<string, string>;
    const line = commentLine(comment);
    const own = { ...(status === 'Approved' ? this.#tags : {}), 'sluice.comment': line };
    const added = Object.entries(own).map(([key, value]) => [key, metadataValue(value)]);
    await this.#service.ask(
      'UpdateModelPackage',
      {
        ModelPackageArn: arn,
        ModelApprovalStatus: status,
        ApprovalDescription: line.replace(/\s+/gu, ' ').slice(0, LONGEST_DESCRIPTION),
        CustomerMetadataProperties: { ...kept, ...Object.fromEntries(added) },
      },
      this.target,
    );
  }
}

/** Where a package's data lies. */
function dataOf(described: Fields, what: string): unknown[] {
  const specification = fieldsOf(described['InferenceSpecification'] ?? {}, what);
  return arrayOf(specification['Containers'], what).flatMap((each) => {
    const container = fieldsOf(each, what);
    const data = fieldsOf(container['ModelDataSource'] ?? {}, what);
    return [container['ModelDataUrl'], fieldsOf(data['S3DataSource'] ?? {}, what)['S3Uri']];
  });
}

/** `CustomerMetadataValue`: letters, digits, separators and `_.:/=+-@`. */
function metadataValue(text: string): string {
  return text.replace(/[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu, '_').slice(0, LONGEST_VALUE);
}
