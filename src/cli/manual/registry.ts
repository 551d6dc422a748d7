import type { Manuals } from './manual.ts';

/** Commands that talk to registries. */
export const REGISTRY_MANUALS: Manuals = {
  'registry htpasswd': {
    text: [
      'Prints the line of a user for the file of "registry serve --htpasswd", with a hash of bcrypt. The password is read from standard input; a terminal does not show it.',
    ],
  },
  'registry config': {
    text: [
      'Reads a config file as "registry serve --config" would, and says of everything that is wrong where it is and what was probably meant. What is good is shown with the defaults. Nothing secret is shown: a config file has none.',
    ],
  },
  'registry unit': {
    text: [
      'The service may write to /var/lib/stave-registry only: storage.data of the config file belongs there. With --socket the unit of a socket is shown, which systemd opens and hands over.',
    ],
  },
  'registry serve': {
    text: [
      'A rule of --allow is WHO:PATTERN:ACTIONS. WHO: names with commas between them, "@group", "*" for all who have signed in, "anonymous" for everybody. PATTERN: "*" is any text up to the next "/", "**" any text. ACTIONS: pull, push, delete, or all. Of the patterns that match a repository the most specific one decides, alone; rules with the same pattern add up. Without rules, whoever has signed in may do everything; without --htpasswd, everyone.',
      'Clients get tokens with --tokens, and wherever a rule lets "anonymous" in. Files of users, groups and certificates are read again when they change; SIGHUP makes it look at once, and begin a new file for --audit-log.',
      'A file that --config names says what flags say, and more; SIGHUP makes it count anew as far as that is possible. SIGTERM lets requests end, a second one does not.',
    ],
  },
  'image pull': {
    text: [
      'A name without a host means Docker Hub; without a tag it means "latest". A broken download goes on where it broke off, also in another process.',
      'Of an index the image for this machine comes, or that for --platform. With --all-platforms all of its images come that are for Linux, with its attestations and under its own digest: "push", "save" and "copy" hand it on whole.',
      "Mirrors, certificates and credentials come from Docker's, Podman's and containerd's files. Plain HTTP is used for this machine only, and for hosts that those files name as insecure; with --tls-verify=false, wherever there is no TLS.",
      'The policy.json of containers is obeyed: what it rejects, or wants signed and is not, does not come in.',
    ],
  },
  'image push': {
    text: [
      'The host is part of the name: give the image such a name with "stave tag" first. Layers that the registry has, also in other repositories, are not sent.',
      'An index is pushed with all of its images that are here. What is missing is copied within the registry where it came from there, and named otherwise.',
    ],
  },
  copy: {
    text: [
      'Manifests and layers keep their digests, and an index comes with all of its images and attestations; --format alone changes documents, and says so. Between registries and files nothing is stored here. What comes out of a registry must pass the policy.json of containers, as for "pull".',
      'Places are docker://NAME (a registry), stave:NAME (this store), oci:DIR[:TAG] (a layout, which keeps its other images), dir:DIR, oci-archive:FILE[:NAME] and docker-archive:FILE[:NAME], where - is standard input or output. A docker-archive gets one platform unless --all is given.',
      'With --referrers, what refers to the image or its parts comes along from registry to registry: signatures, bills of material, and the tags of cosign.',
      'Plain layers that no manifest names, as old archives have them, and those of images built here are compressed on their way to a registry.',
    ],
  },
  attest: {
    text: [
      'Says something about what a name means in its registry: a JSON object from a file, of a type, or with --sbom the packages of the image, which is pulled for that if it is not here. Without a key the statement is an artifact that refers to the image; with one it is a signed envelope under the tag of cosign, sha256-….att, or with --referrer a signed bundle that refers to the image.',
      "--type is spdxjson, cyclonedx, slsaprovenance, slsaprovenance1, vuln, openvex, link or a URI. Keys are as for 'stave sign'; no transparency log is asked.",
    ],
  },
  sbom: {
    text: [
      'Lists what dpkg, apk, rpm, npm and pip have written down in the image; nothing of it is run. What cannot be read is warned of. The same image gives the same document: its time is that of the image, or SOURCE_DATE_EPOCH where that is earlier.',
      'With --attached the list is not made but looked for in the registry: beside the image in its index, among its referrers, under the tag of cosign. Signatures are not checked.',
    ],
  },
  sign: {
    text: [
      'Signs the digest that a name has in its registry, in the form of cosign: under its tag sha256-….sig, or with --referrer as a bundle that refers to the image. Nothing but the registry is asked: no transparency log and no authority for certificates.',
      "Keys are cosign's own, or PEM: ECDSA, RSA, Ed25519. COSIGN_PASSWORD is the password of an encrypted one; otherwise it is asked for on a terminal. To sign again with the same key adds nothing.",
    ],
  },
  verify: {
    text: [
      'Looks for signatures of what a name means in its registry: under the tag of cosign, and among the referrers. One must hold with a key, or with certificates that lead to those given; be about that digest; and, where the form has a name, have been made for that repository.',
      'Bundles and signatures of notation name no repository; with --signed-as they do not count. Certificates must be valid now: times that an authority confirms are not read.',
    ],
    exits: [
      ['1', 'It could not be found out'],
      ['10', 'There is no signature'],
      ['12', 'No signature counts'],
    ],
  },
  search: {
    text: [
      'A host before the term asks that registry: by its list of repositories, where it gives one.',
    ],
  },
  'doctor registry': {
    text: [
      'Goes the way that pull and push go, step by step: name, address, connection, certificate, credentials, rights. Each failure comes with what to do. A repository behind the host is asked for what may be done with it.',
    ],
    exits: [['1', 'A step failed']],
  },
  'buildx imagetools create': {
    text: [
      'Works in the registry: sources that are there already are not downloaded and sent again, but copied from repository to repository.',
    ],
  },
  'manifest create': {
    text: [
      'A list is kept here until "stave manifest push" sends it. Its members stay in their registry; only their documents are read.',
    ],
  },
  'manifest annotate': {
    text: ['Says of a member of a list for which platform it is, where its own config does not.'],
  },
  'manifest push': {
    text: ['Members that another repository holds are copied within the registry first.'],
  },
  'manifest rm': {
    text: ['Forgets lists that are kept here. Nothing in any registry changes.'],
  },
  'manifest delete': {
    text: [
      'Deletes in the registry: a tag alone, where the registry can do that, or with @DIGEST a manifest and all of its tags. Asks first unless --force is given.',
    ],
  },
  login: {
    text: [
      'Credentials are checked with the registry and kept in config.json in $DOCKER_CONFIG or ~/.docker, or with the credential helper that the file names; other tools read them there.',
    ],
  },
  logout: {
    text: ['Nothing is asked of the registry. Being logged out already is no failure.'],
  },
  'manifest inspect': {
    text: ['Asks the registry, not the store. Nothing is downloaded but the document.'],
  },
  tags: {
    text: ['Asks the registry, not the store. One tag a line.'],
  },
};
