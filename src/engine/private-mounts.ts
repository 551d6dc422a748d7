/** The command line enters private mounts as its first act; the library never does. */
export { enterPrivateMounts } from '../sys/namespace.ts';
