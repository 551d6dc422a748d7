/** What the caller's variables say of where things are. */
export interface BootPlace {
  /** `$XDG_CONFIG_HOME`, or what stands for it. */
  readonly configHome: string;
  /** `$XDG_DATA_HOME`, where it is set. */
  readonly dataHome?: string;
  /** `$XDG_RUNTIME_DIR`, where it is set. */
  readonly runtimeDir?: string;
}

/** Whether containers are started after a boot, and by what. */
export interface BootStatus {
  /** The unit's file; undefined where there is no systemd. */
  readonly unit: string | undefined;
  readonly enabled: boolean | undefined;
  /** A line for a crontab that does the same. */
  readonly crontab: string;
  /** It begins with the user's first session, unless the user lingers. */
  readonly needsLingering: boolean;
}

/** Starting containers after a boot. */
export interface BootService {
  status(): Promise<BootStatus>;
  /** Throws HelperFailedError. */
  enable(): Promise<BootStatus>;
  disable(): Promise<BootStatus>;
}
