import { InvalidInputError } from '../base/errors.ts';
import { formatReference, parseReference, withDefaultTag } from '../oci/reference.ts';
import type { Connections } from '../registry/connection.ts';
import type { Registries } from './registry-types.ts';

/** The use cases of registries themselves; each is loaded when it is asked for. */
export function registriesOf(connections: () => Promise<Connections>): Registries {
  return {
    named: async (server) => (await import('../registry/login.ts')).registryNamed(server),
    async login(server, credentials, call) {
      const { login, registryNamed } = await import('../registry/login.ts');
      return login(await connections(), registryNamed(server), credentials, call);
    },
    async user(server, call) {
      const known = await import('../registry/login.ts');
      const registry = known.registryNamed(server);
      const opened = await connections();
      const credentials = await known.knownCredentials(opened, registry, call);
      if (!credentials) return undefined;
      await known.checkCredentials(opened, registry, credentials, call);
      return credentials.username ?? '';
    },
    async knownUser(server, call) {
      const known = await import('../registry/login.ts');
      const registry = known.registryNamed(server);
      return (await known.knownCredentials(await connections(), registry, call))?.username;
    },
    async logout(server) {
      const { registryNamed } = await import('../registry/login.ts');
      const { eraseCredentials } = await import('../registry/write-config.ts');
      await eraseCredentials(registryNamed(server), (await connections()).settings);
    },
    async manifest(name, call) {
      const { openRepository } = await import('../registry/repository.ts');
      const { parseManifestOrIndex } = await import('../oci/parse-manifest.ts');
      const reference = withDefaultTag(parseReference(name));
      const repository = openRepository(await connections(), reference);
      const { descriptor, bytes } = await repository.getManifest(undefined, call);
      const { mediaType, digest } = descriptor;
      const document = parseManifestOrIndex(bytes, mediaType);
      const entries = document.kind === 'index' ? document.index.manifests : undefined;
      return { fullName: formatReference(reference), mediaType, digest, bytes, entries };
    },
    async details(name, { claims = false, ...call } = {}) {
      const { remoteDetails } = await import('./remote-details.ts');
      return remoteDetails(await connections(), name, claims, call);
    },
    async platform(name, call = {}) {
      const { membersOf } = await import('./lists/members.ts');
      const { index, members } = await membersOf(await connections(), name, call);
      return index ? undefined : members[0]?.platform;
    },
    async remove(name, call) {
      const { removeRemote } = await import('./remove-remote.ts');
      return removeRemote(await connections(), name, call);
    },
    async *tags(name, call) {
      const { openRepository } = await import('../registry/repository.ts');
      yield* openRepository(await connections(), parseReference(name)).tags(call);
    },
    async history(name, options) {
      const { openRepository } = await import('../registry/repository.ts');
      return openRepository(await connections(), parseReference(name)).history(options);
    },
    async search({ term, limit = 25 }, call) {
      const { search } = await import('../registry/search.ts');
      if (!Number.isInteger(limit) || limit < 1 || limit > 100) {
        throw new InvalidInputError(`Limit ${limit} is outside the range of [1, 100]`);
      }
      const [host = '', ...rest] = term.split('/');
      const isHost = rest.length > 0 && (/[.:]/.test(host) || host === 'localhost');
      const { registryNamed } = await import('../registry/login.ts');
      const registry = registryNamed(isHost ? host : undefined);
      const what = isHost ? rest.join('/') : term;
      return search(await connections(), { registry, term: what, limit }, call);
    },
    async *diagnose(what, call) {
      const { diagnose } = await import('../registry/doctor/diagnose.ts');
      const { registryNamed } = await import('../registry/login.ts');
      const isHost = !what.includes('/') && /[.:]|^localhost$/.test(what);
      const reference = isHost ? undefined : parseReference(what);
      const registry = reference?.registry ?? registryNamed(what);
      yield* diagnose(await connections(), { registry, reference }, call);
    },
  };
}
