import type { Platform } from '../oci/platform.ts';

/** A container to make. Absent members take the image's values, or else Docker's defaults. */
export interface CreateRequest {
  readonly image: string;
  /** Of an index, the image for this platform; by default the one for this machine. */
  readonly platform?: Platform;
  /** Replaces CMD. */
  readonly command?: readonly string[];
  readonly name?: string;
  readonly entrypoint?: readonly string[];
  /** `K=V`, or `K` alone to take the caller's value out of `environment`. */
  readonly env?: readonly string[];
  readonly workdir?: string;
  readonly user?: string;
  readonly groupAdd?: readonly string[];
  readonly hostname?: string;
  readonly domainname?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly cidfile?: string;

  /** Goes when it ends. */
  readonly remove?: boolean;
  /** Standard input stays open for whoever attaches. */
  readonly interactive?: boolean;
  readonly terminal?: boolean;
  /** What is typed in its shells is written down, for a Dockerfile to be made of it. */
  readonly record?: boolean;
  /** Which streams the first caller takes; none of them in the background. */
  readonly attach?: readonly ('stdin' | 'stdout' | 'stderr')[];
  readonly restart?: RestartPolicy;
  readonly stopSignal?: string;
  /** Seconds until a stop kills; -1 never does. */
  readonly stopTimeout?: number;
  readonly health?: HealthRequest;
  readonly logDriver?: string;
  readonly logOptions?: Readonly<Record<string, string>>;
  readonly init?: boolean;

  /** `source:target[:options]` as typed. */
  readonly volumes?: readonly string[];
  /** `--mount` as typed. */
  readonly mounts?: readonly string[];
  /** `--volumes-from` as typed. */
  readonly volumesFrom?: readonly string[];
  /** Of volumes of `volumes` that have to be made. */
  readonly volumeDriver?: string;
  /** `target[:options]` as typed. */
  readonly tmpfs?: readonly string[];
  readonly readonly?: boolean;
  /** Bytes of /dev/shm. */
  readonly shmSize?: number;

  /** The first is the one that `NetworkMode` tells; absent: `default`. */
  readonly networks?: readonly NetworkWish[];
  /** `[ip:][port|range:]port[/protocol]` as typed. */
  readonly publish?: readonly string[];
  readonly publishAll?: boolean;
  /** `port[-port][/protocol]` as typed. */
  readonly expose?: readonly string[];
  readonly dns?: readonly string[];
  readonly dnsOptions?: readonly string[];
  readonly dnsSearch?: readonly string[];
  /** `host:ip`. */
  readonly extraHosts?: readonly string[];

  readonly privileged?: boolean;
  readonly noNewPrivileges?: boolean;
  /** No filter for system calls. */
  readonly unfiltered?: boolean;
  /** A filter for system calls: the text of a profile in Docker's form. */
  readonly seccompProfile?: string;
  /** Nothing of the kernel's files is hidden or read-only. */
  readonly unmasked?: boolean;
  readonly capAdd?: readonly string[];
  readonly capDrop?: readonly string[];
  /** `host[:container[:rwm]]` as typed. */
  readonly devices?: readonly string[];
  /** `c 42:* rwm` as typed. */
  readonly deviceRules?: readonly string[];
  readonly sysctls?: Readonly<Record<string, string>>;
  /** `host`, `private`, `container:ID`, … as typed. */
  readonly pid?: string;
  readonly ipc?: string;
  readonly uts?: string;
  readonly userns?: string;
  readonly cgroupns?: string;
  readonly cgroupParent?: string;
  readonly ulimits?: readonly {
    readonly type: string;
    readonly soft: number;
    readonly hard: number;
  }[];
  readonly oomScoreAdj?: number;

  readonly limits?: ResourceLimits;
}

/** What a container may use; `update` changes it later. */
export interface ResourceLimits {
  /** Bytes. */
  readonly memory?: number;
  readonly memoryReservation?: number;
  /** Bytes of memory and swap together; -1 is without limit. */
  readonly memorySwap?: number;
  /** 0 to 100. */
  readonly swappiness?: number;
  /** It waits for memory instead of being killed. */
  readonly oomKillDisable?: boolean;
  readonly cpus?: number;
  readonly cpuShares?: number;
  /** Microseconds. */
  readonly cpuPeriod?: number;
  readonly cpuQuota?: number;
  readonly cpusetCpus?: string;
  readonly cpusetMems?: string;
  readonly pids?: number;
  /** 10 to 1000. */
  readonly blkioWeight?: number;
}

/** A network that a container is to be on: `default`, `host`, `none`, `container:ID` or a name. */
export interface NetworkWish {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly ip?: string;
  readonly ip6?: string;
  readonly mac?: string;
  readonly driverOpts?: Readonly<Record<string, string>>;
  /** The network with the highest value gives the default route; 0 unless given. */
  readonly gwPriority?: number;
}

/** When a container that has ended is started again. */
export interface RestartPolicy {
  readonly name: 'no' | 'always' | 'on-failure' | 'unless-stopped';
  /** Of `on-failure`; 0 is without limit. */
  readonly maximum: number;
}

/** Changes to the image's health check. Times in milliseconds. */
export interface HealthRequest {
  readonly none?: boolean;
  /** For the shell. */
  readonly command?: string;
  readonly interval?: number;
  readonly timeout?: number;
  readonly startPeriod?: number;
  readonly startInterval?: number;
  readonly retries?: number;
}
