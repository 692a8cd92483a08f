/** Tests of the client that say nothing about a cache of ours, and why: whole files, classes or single tests. */
export interface NotOurs {
  test: string;
  why: string;
}

const all = (why: string, ...tests: string[]): NotOurs[] => tests.map((test) => ({ test, why }));

export const FILES = [
  'test_cache_layout.py',
  'test_cache_no_symlinks.py',
  'test_utils_cache.py',
  'test_snapshot_download.py',
  'test_tree_cache.py',
  'test_shared_blobs.py',
  'test_verification.py',
  'test_local_folder.py',
  'test_offline_utils.py',
];

export const NOT_OURS: NotOurs[] = [
  ...all(
    'they make the cache, list or folder by hand, or need none: nothing of ours is read',
    'test_cache_no_symlinks.py::TestCacheLayoutIfSymlinksNotSupported::test_are_symlinks_supported_default',
    'test_cache_no_symlinks.py::TestCacheLayoutIfSymlinksNotSupported::test_are_symlinks_supported_disabled_by_env',
    'test_cache_no_symlinks.py::TestCacheLayoutIfSymlinksNotSupported::test_are_symlinks_supported_windows_specific_dir',
    'test_utils_cache.py::TestMissingCacheUtils',
    'test_utils_cache.py::TestIgnoredCacheFiles',
    'test_utils_cache.py::TestDeleteRevisionsDryRun',
    'test_utils_cache.py::TestDeleteFilesDryRun',
    'test_utils_cache.py::TestDeleteStrategyExecute',
    'test_utils_cache.py::TestTryDeletePath',
    'test_utils_cache.py::TestStringFormatters',
    'test_snapshot_download.py::test_tree_with_redacted_xet_hash_is_not_cached',
    'test_snapshot_download.py::test_pinned_revision_offline_without_cached_tree',
    'test_snapshot_download.py::test_revision_str',
    'test_snapshot_download.py::test_revision_str_is_picklable',
    'test_verification.py',
    'test_local_folder.py',
    'test_offline_utils.py',
  ),
  ...all(
    'for Windows only',
    'test_utils_cache.py::TestValidCacheUtils::test_scan_cache_on_valid_cache_windows',
  ),
  ...all(
    'it gives one file two sizes (42, and 1024 for LFS), which no hub does; our lists are read by test_snapshot_download.py',
    'test_tree_cache.py',
  ),
  ...all(
    'the store shared among repositories is only read by us, never written (packages/model-store/test/pull-snapshot.test.ts)',
    'test_shared_blobs.py',
  ),
  ...all(
    'model-pull asks for the list of files first, so it never asks for one that does not exist and notes none',
    'test_cache_layout.py::TestCacheFileLayoutHfHubDownload::test_no_exist_file_is_cached',
  ),
  ...all(
    'without links the client moves the only blob into the snapshot; we copy it, as the blob is what later hits are checked against',
    'test_cache_no_symlinks.py::TestCacheLayoutIfSymlinksNotSupported::test_download_no_symlink_new_file',
  ),
  ...all(
    "it counts the client's own requests or asks its own API for revisions",
    'test_snapshot_download.py::TestSnapshotDownload::test_xet_file_skips_per_file_head_call',
    'test_snapshot_download.py::TestResolveRevision',
  ),
  ...all(
    'it changes who may see a repository meanwhile; tokens are tried in actions/model-pull/test/bundle.test.ts',
    'test_snapshot_download.py::TestSnapshotDownload::test_download_private_model',
  ),
  ...all(
    'it wants no file in the cache folder; `dest` is laid out from the cache, which holds the blobs',
    'test_snapshot_download.py::TestSnapshotDownload::test_download_to_local_dir',
  ),
];
