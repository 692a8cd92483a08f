/** Starts the embedded server from the sources, as `--role=embedded-server` starts it from a bundle. */
import { serve } from './server.ts';

await serve(process.argv.slice(2));
