/** Tensors from files, by what they are named. */
import { readFile } from 'node:fs/promises';
import type { Tensor } from '../clients/answer.ts';

/** Throws, naming the file, when it can't be read or is of no known kind. */
export async function loadTensor(path: string): Promise<Omit<Tensor, 'name'>> {
  try {
    const bytes = await readFile(path);
    if (path.endsWith('.npy')) return (await import('./npy.ts')).readNpy(bytes);
    if (path.endsWith('.png')) return (await import('./png.ts')).readPng(bytes);
    throw new Error('tensors are read from .npy and .png files');
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
  }
}
