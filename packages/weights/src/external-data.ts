/** Tensor data of ONNX models that lies in other files: whether each lies inside the model's folder, is there, and is long enough. */
import { posix } from 'node:path';
import { describePathFault } from '@sluice/runtime/safe-path';
import type { ExternalData } from './onnx-tensor.ts';
import { quote } from './zip-archive.ts';

export interface ExternalCheck {
  /** What is wrong, one sentence each; the model's path is not in it. */
  problems: string[];
  /** Paths of the files that hold data. */
  holders: string[];
}

const SHOWN = 3;

/** `path` is the model's; `sizes` has all files of the pull. */
export function checkExternalData(
  path: string,
  external: readonly ExternalData[],
  sizes: ReadonlyMap<string, number>,
): ExternalCheck {
  const faults = new Map<string, string>();
  const holders = new Set<string>();
  for (const { tensor, location, offset, length } of external) {
    const place = placeOf(path, location);
    const size = place === undefined ? undefined : sizes.get(place);
    if (place === undefined) {
      faults.set(location, `names data at ${quote(location)}, which leaves its folder`);
    } else if (size === undefined) {
      faults.set(
        location,
        `names data in ${quote(location)}, which is not among the pulled files (\`include\` and \`exclude\` say what is)`,
      );
    } else if (offset > size || (length !== null && offset + length > size)) {
      const end = length === null ? 'the end' : String(offset + length);
      faults.set(
        `${location} ${tensor}`,
        `names data of ${quote(tensor)} from byte ${offset} to ${end} of ${quote(location)}, which has ${size}`,
      );
    } else holders.add(place);
  }
  const told = [...faults.values()];
  const more = told.length > SHOWN ? [`names ${told.length - SHOWN} more places that are wrong`] : [];
  return { problems: [...told.slice(0, SHOWN), ...more], holders: [...holders] };
}

/** Undefined for a place outside, or one that readers of paths could take for one. */
function placeOf(path: string, location: string): string | undefined {
  const plain = location.replace(/^(\.\/)+/, '');
  return describePathFault(plain) === undefined ? posix.join(posix.dirname(path), plain) : undefined;
}
