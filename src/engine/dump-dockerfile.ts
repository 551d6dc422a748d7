/** The Dockerfile parser's view of a file, for `stave debug dockerfile`. */
export { dumpAst } from '../dockerfile/dump.ts';
