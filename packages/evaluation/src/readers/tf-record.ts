/** TensorFlow's records: a length, its checksum, the bytes, their checksum (tensorflow/core/lib/io/record_writer.h). */
import { crc32cDigest } from '@sluice/sources/crc';

const LENGTH_BYTES = 8;
const CRC_BYTES = 4;

/** By the checksum of the first length: nothing else has one there. */
export function isTfRecord(bytes: Buffer): boolean {
  return (
    bytes.length >= LENGTH_BYTES + CRC_BYTES &&
    bytes.readUInt32LE(LENGTH_BYTES) === maskedCrc(bytes.subarray(0, LENGTH_BYTES))
  );
}

/** @throws Error for a record that is cut or changed */
export function readTfRecords(bytes: Buffer): Buffer[] {
  const records: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const start = at + LENGTH_BYTES + CRC_BYTES;
    if (start > bytes.length || !isTfRecord(bytes.subarray(at)))
      throw new Error(`record ${records.length + 1} is cut, or its length was changed`);
    const length = Number(bytes.readBigUInt64LE(at));
    const end = start + length;
    if (end + CRC_BYTES > bytes.length) throw new Error(`record ${records.length + 1} is cut`);
    const data = bytes.subarray(start, end);
    if (bytes.readUInt32LE(end) !== maskedCrc(data))
      throw new Error(`record ${records.length + 1} was changed: its checksum is another`);
    records.push(data);
    at = end + CRC_BYTES;
  }
  return records;
}

/** Rotated and moved, so that checksums of data that hold checksums stay good. */
function maskedCrc(data: Buffer): number {
  const hash = crc32cDigest();
  hash.update(data);
  const crc = Buffer.from(hash.digest(), 'base64').readUInt32BE();
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
