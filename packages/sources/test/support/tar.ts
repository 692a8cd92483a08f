/** Writes tar archives for tests: ustar headers, GNU long names; `null` content is a folder. */

export function tarOf(entries: readonly (readonly [string, Buffer | null, string?])[]): Buffer {
  const parts: Buffer[] = [];
  for (const [name, bytes, type] of entries) {
    if (name.length > 99) {
      const long = Buffer.from(`${name}\0`);
      parts.push(header('././@LongLink', long.length, 'L'), padded(long));
    }
    const size = bytes?.length ?? 0;
    parts.push(
      header(name.slice(0, 99), size, type ?? (bytes === null ? '5' : '0')),
      padded(bytes ?? Buffer.alloc(0)),
    );
  }
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

function header(name: string, size: number, type: string): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0);
  block.write('0000644\0', 100);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write('        ', 148);
  block.write(type, 156);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}
