/** What any store of a DVC remote can do, whoever keeps it. */
import type { RemoteFile, SourceHash } from './source.ts';

export interface WantedObject {
  key: string;
  /** Its name for us. */
  path: string;
  hash: SourceHash;
  bytes: number | null;
}

export interface DvcStore {
  /** Without secrets, for messages. */
  shown: string;
  /** A small object whole; undefined when there is none. */
  read(key: string): Promise<Buffer | undefined>;
  /** An object that can be opened; undefined when there is none. */
  find(wanted: WantedObject): Promise<RemoteFile | undefined>;
}
