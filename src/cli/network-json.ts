import { rfc3339Nano } from '../base/clock.ts';
import type { NetworkDetails } from '../engine/network-types.ts';
import { struct, type Struct, type Value } from './template/values.ts';

type Json = Readonly<Record<string, unknown>>;

/** A network as `inspect` shows it: Docker's members in its order. */
export function networkJson(network: NetworkDetails): Json {
  const { name, id, driver, ipv4, ipv6, ipamOptions } = network;
  return {
    Name: name,
    Id: id,
    Created: createdText(network),
    Scope: 'local',
    Driver: driver,
    EnableIPv4: ipv4,
    EnableIPv6: ipv6,
    IPAM: {
      Driver: 'default',
      Options: Object.keys(ipamOptions).length > 0 ? ipamOptions : null,
      Config: driver === 'bridge' ? network.subnets.map(subnetJson) : null,
    },
    Internal: network.internal,
    Attachable: network.attachable,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: Object.fromEntries(
      network.members.map((member) => [
        member.containerId,
        {
          Name: member.name,
          EndpointID: member.endpointId,
          MacAddress: member.mac,
          IPv4Address: member.ipv4,
          IPv6Address: member.ipv6,
        },
      ]),
    ),
    Options: network.options,
    Labels: network.labels,
  };
}

function subnetJson({ subnet, gateway, range, reserved }: NetworkDetails['subnets'][number]): Json {
  return {
    Subnet: subnet,
    ...(range !== undefined && { IPRange: range }),
    Gateway: gateway,
    ...(reserved && { AuxiliaryAddresses: reserved }),
  };
}

/** The same for templates. */
export function networkStruct(network: NetworkDetails): Struct {
  const { name, id, driver, subnets, options, labels, ipamOptions } = network;
  const map = (record: Readonly<Record<string, string>>): Value => new Map(Object.entries(record));
  const whole = struct('network.Inspect', {
    Name: name,
    ID: id,
    Created: createdText(network),
    Scope: 'local',
    Driver: driver,
    EnableIPv4: network.ipv4,
    EnableIPv6: network.ipv6,
    IPAM: struct('network.IPAM', {
      Driver: 'default',
      Options: map(ipamOptions),
      Config: subnets.map(({ subnet, range = '', gateway, reserved = {} }) =>
        struct('network.IPAMConfig', {
          Subnet: subnet,
          IPRange: range,
          Gateway: gateway,
          AuxAddress: map(reserved),
        }),
      ),
    }),
    Internal: network.internal,
    Attachable: network.attachable,
    Ingress: false,
    ConfigFrom: struct('network.ConfigReference', { Network: '' }),
    ConfigOnly: false,
    Containers: new Map(
      network.members.map((member) => [
        member.containerId,
        struct('network.EndpointResource', {
          Name: member.name,
          EndpointID: member.endpointId,
          MacAddress: member.mac,
          IPv4Address: member.ipv4,
          IPv6Address: member.ipv6,
        }),
      ]),
    ),
    Options: map(options),
    Labels: map(labels),
  });
  return {
    ...whole,
    json: whole.json.map((one) => (one.key === 'ID' ? { ...one, key: 'Id' } : one)),
  };
}

function createdText({ createdAt }: NetworkDetails): string {
  return rfc3339Nano(new Date(createdAt));
}
