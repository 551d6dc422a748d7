/** Tells a Dockerfile from the archive of a context, for `stave build -`. */
export { sniffInput } from '../build/sources/sniff.ts';
