import type { Manuals } from './manual.ts';

/** `network`. */
export const NETWORK_MANUALS: Manuals = {
  'network create': {
    text: [
      'Containers of one network reach each other by name, by alias and by ID; those of different networks do not reach each other. The network "bridge", where containers are that ask for none, has no names.',
      'Nothing of a network is on the machine while no container is there. Addresses that are not asked for are chosen away from those that the machine uses, and chosen anew when it has come to use them.',
      'Options: com.docker.network.driver.mtu, com.docker.network.bridge.enable_icc=false (containers do not reach each other), com.docker.network.bridge.enable_ip_masquerade=false, com.docker.network.bridge.host_binding_ipv4 (where ports are published when no address is given).',
    ],
  },
  'network connect': {
    text: ['A container that runs is there at once; one that does not, with its next start.'],
  },
  'network disconnect': {
    text: [
      'Ports that were published by way of this network move to another one of the container.',
    ],
  },
  'network ls': {
    text: ['The networks "bridge", "host" and "none" are always there.'],
  },
  'network rm': {
    text: ['A network where a container runs is not removed.'],
  },
};
