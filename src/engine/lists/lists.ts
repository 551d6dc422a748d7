import { InvalidInputError } from '../../base/errors.ts';
import { canonicalName, parseReference, withDefaultTag } from '../../oci/reference.ts';
import type { Connections } from '../../registry/connection.ts';
import type { ListMember, ManifestLists } from '../list-types.ts';
import { composeIndex } from './compose.ts';
import { ListExistsError, ListNotFoundError } from './errors.ts';
import type { KeptLists } from './kept-lists.ts';
import { membersOf } from './members.ts';
import { pushIndex } from './push-index.ts';

/** What lists need: where they are kept, and the ways to registries. */
export interface ListParts {
  readonly kept: KeptLists;
  readonly connections: () => Promise<Connections>;
}

/** The use cases of lists but `combine`. */
export function manifestLists({ kept, connections }: ListParts): Omit<ManifestLists, 'combine'> {
  const full = (name: string): string => canonicalName(withDefaultTag(parseReference(name)));
  const known = (name: string): readonly ListMember[] => {
    const members = kept.get(full(name));
    if (!members) throw new ListNotFoundError(name);
    return members;
  };
  return {
    async create(name, names, { amend = false, ...call } = {}) {
      const target = full(name);
      if (parseReference(name).digest !== undefined) {
        throw new InvalidInputError(`a list has no digest before it is made: ${name}`);
      }
      const before = kept.get(target);
      if (before && !amend) throw new ListExistsError(name);
      const added: ListMember[] = [];
      for (const member of names) {
        const { index, members } = await membersOf(await connections(), member, call);
        if (index) {
          throw new InvalidInputError(`${member} is a manifest list`, {
            hint: `'stave buildx imagetools create -t ${name} ${member}' joins lists.`,
          });
        }
        added.push(...members);
      }
      const fresh = new Set(added.map(({ digest }) => digest));
      kept.set(target, [...(before ?? []).filter(({ digest }) => !fresh.has(digest)), ...added]);
      return target;
    },
    async annotate(name, member, platform) {
      const members = known(name);
      const { digest, registry, repository } = parseReference(member);
      const here = members.filter(({ from }) => {
        const own = parseReference(from);
        if (own.registry !== registry || own.repository !== repository) {
          return false;
        }
        return digest === undefined || own.digest === digest;
      });
      const wanted =
        digest === undefined && here.length > 1
          ? await byTag(await connections(), member, here)
          : here;
      const [found] = wanted;
      if (!found) {
        throw new InvalidInputError(`manifest for image ${member} does not exist in ${name}`);
      }
      const before = found.platform ?? { os: '', architecture: '' };
      const changed = { ...found, platform: { ...before, ...platform } };
      kept.set(
        full(name),
        members.map((one) => (one === found ? changed : one)),
      );
    },
    async get(name) {
      const members = kept.get(full(name));
      if (!members) return undefined;
      const { descriptor, bytes } = composeIndex(members);
      return { name: full(name), members, index: descriptor, bytes };
    },
    async push(name, { purge = false, ...call } = {}) {
      const members = known(name);
      const nameless = members.find(({ platform }) => !platform?.os || !platform.architecture);
      if (nameless) {
        throw new InvalidInputError(
          `manifest ${nameless.from} must have an OS and Architecture to be pushed to a registry`,
          {
            hint: `'stave manifest annotate ${name} ${nameless.from} --os OS --arch ARCH' sets them.`,
          },
        );
      }
      const root = composeIndex(members);
      const target = withDefaultTag(parseReference(name));
      await pushIndex(await connections(), { root, members }, [target], call);
      if (purge) kept.delete(full(name));
      return { digest: root.descriptor.digest, members };
    },
    async remove(name) {
      if (!kept.delete(full(name))) throw new ListNotFoundError(name);
    },
  };
}

/** Several members of one repository: the registry knows which the tag means. */
async function byTag(
  connections: Connections,
  name: string,
  members: readonly ListMember[],
): Promise<ListMember[]> {
  const { root } = await membersOf(connections, name, {});
  return members.filter(({ digest }) => digest === root.descriptor.digest);
}
