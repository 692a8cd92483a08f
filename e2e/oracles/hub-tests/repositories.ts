/** What huggingface_hub's tests expect on the real Hub: the same names and sizes, contents of our own. */
import type { HubRepository } from '@sluice/testing/hub/repository';

const text = (bytes: number, fill: string): string => fill.repeat(bytes).slice(0, bytes);
const numbered = (...numbers: number[]): Record<string, string> =>
  Object.fromEntries([
    ['.gitattributes', text(1100, 'a')],
    ...numbers.map((number) => [`file_${number}.txt`, `File ${number}`]),
  ]) as Record<string, string>;
/** Three blobs of 1501 bytes together; the revisions' sum is 4463. */
const scanned = (readme: string): Record<string, string> => ({
  '.gitattributes': text(1477, 'a'),
  'README.md': readme,
});

export const README = 'scan me\n';
export const REPO_A = 'hf-internal-testing/hfh_ci_scan_repo_a';

/** `updated`: where branch `main` of the repository stands whose reference moves. */
export function repositories(updated: 'before' | 'after'): HubRepository[] {
  return [
    {
      id: 'hf-internal-testing/hfh-cache-layout',
      revisions: [
        { name: 'first', files: numbered(0, 1) },
        { name: 'file-2', files: numbered(0, 1, 2) },
        { name: 'file-3', files: numbered(0, 1, 3) },
      ],
    },
    {
      id: REPO_A,
      main: 'c0d5',
      revisions: [
        {
          name: 'f958',
          commit: 'f95875cd910793299a545417cc4b3c9055202883',
          files: scanned(text(16, 'old ')),
        },
        { name: 'c0d5', commit: 'c0d57e03d9f128062eadb6665618982db612b2e3', files: scanned(README) },
        { name: 'refs/pr/1', commit: '1a665a9d28a66b1d0f8edd9359fc824aacc63234', files: scanned(README) },
      ],
    },
    {
      id: 'hf-internal-testing/hfh_ci_scan_dataset_b',
      type: 'dataset',
      revisions: [
        {
          name: 'f1cd',
          commit: 'f1cdcd4641b3ea2dfa8d4333dba1ea3b532735e1',
          files: { 'data.txt': text(2265, 'b') },
        },
      ],
    },
    {
      id: 'julien-c/dummy-unknown',
      main: 'now',
      revisions: [
        {
          name: 'older',
          commit: '44c70f043cfe8162efc274ff531575e224a0e6f0',
          files: { 'config.json': '{"older":1}', 'merges.txt': 'a b' },
        },
        { name: 'now', files: { 'config.json': '{}', 'README.md': 'Dummy', 'merges.txt': 'a b' } },
      ],
    },
    {
      id: 'acme/snapshot',
      main: 'second',
      revisions: [
        { name: 'first', files: snapshot({ 'dummy_file.txt': 'v1' }) },
        {
          name: 'second',
          files: snapshot({ 'dummy_file.txt': 'v2', 'file.bin': text(1_048_576, 'random') }),
        },
        {
          name: 'other',
          files: snapshot({
            'dummy_file.txt': 'v2',
            'dummy_file_2.txt': 'v4',
            'file.bin': text(1_048_576, 'random'),
          }),
        },
      ],
    },
    {
      id: 'acme/updated',
      main: updated,
      revisions: [
        { name: 'before', files: { 'file.txt': 'Some string' } },
        { name: 'after', files: { 'file.txt': 'Some new string' } },
      ],
    },
  ];
}

function snapshot(files: Record<string, string>): Record<string, string> {
  return { '.gitattributes': '*.bin filter=lfs\n', 'subpath/file.txt': 'content in subpath', ...files };
}
