#!/usr/bin/env node
/** Stands for nvidia-smi: prints the file FAKE_NVIDIA_SMI for `-q -x`, in the shape of driver 550. */
import { readFileSync } from 'node:fs';

if (process.argv.slice(2).join(' ') !== '-q -x') process.exit(2);
process.stdout.write(readFileSync(process.env.FAKE_NVIDIA_SMI, 'utf8'));
