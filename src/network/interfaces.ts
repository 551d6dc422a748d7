/**
 * Names of interfaces on the machine, 15 bytes at most. They begin with what tells the stores
 * apart.
 */
export function bridgeName(storeId: string, networkId: string): string {
  return `${bridgePrefix(storeId)}${networkId.slice(0, 8)}`;
}

/** What the names of all bridges of a store begin with. */
export function bridgePrefix(storeId: string): string {
  return `sb${storeId.slice(0, 5)}`;
}

/** The machine's end of the pair that connects a container. */
export function vethName(storeId: string, endpointId: string): string {
  return `${vethPrefix(storeId)}${endpointId.slice(0, 8)}`;
}

/** What the names of the machine's ends of all pairs of a store begin with. */
export function vethPrefix(storeId: string): string {
  return `sv${storeId.slice(0, 5)}`;
}

/** The table that holds all rules of a store. */
export function tableName(storeId: string): string {
  return `stave_${storeId}`;
}
