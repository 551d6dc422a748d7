/**
 * Identifiers of the SPDX licence list that packages commonly name. One that is not here is
 * written as a reference, with its name in the document: correct, and longer.
 *
 * @see https://spdx.org/licenses/
 */
export const LICENSE_IDS: ReadonlySet<string> = new Set(
  `0BSD AAL AFL-1.1 AFL-1.2 AFL-2.0 AFL-2.1 AFL-3.0 AGPL-1.0-only AGPL-1.0-or-later AGPL-3.0
  AGPL-3.0-only AGPL-3.0-or-later APSL-1.0 APSL-2.0 Apache-1.0 Apache-1.1 Apache-2.0
  Artistic-1.0 Artistic-1.0-Perl Artistic-1.0-cl8 Artistic-2.0 BSD-1-Clause BSD-2-Clause
  BSD-2-Clause-Patent BSD-2-Clause-Views BSD-3-Clause BSD-3-Clause-Attribution BSD-3-Clause-Clear
  BSD-3-Clause-LBNL BSD-3-Clause-Modification BSD-4-Clause BSD-4-Clause-Shortened BSD-4-Clause-UC
  BSD-4.3RENO BSD-4.3TAHOE BSD-Protection BSD-Source-Code BSL-1.0 Beerware BitTorrent-1.1
  BlueOak-1.0.0 Boehm-GC CAL-1.0 CC-BY-1.0 CC-BY-2.0 CC-BY-2.5 CC-BY-3.0 CC-BY-3.0-US CC-BY-4.0
  CC-BY-NC-4.0 CC-BY-ND-4.0 CC-BY-SA-1.0 CC-BY-SA-2.0 CC-BY-SA-2.5 CC-BY-SA-3.0 CC-BY-SA-4.0
  CC-PDDC CC0-1.0 CDDL-1.0 CDDL-1.1 CECILL-2.0 CECILL-2.1 CECILL-B CECILL-C CPAL-1.0 CPL-1.0
  ClArtistic Cube CUA-OPL-1.0 D-FSL-1.0 ECL-1.0 ECL-2.0 EFL-2.0 EPL-1.0 EPL-2.0 EUPL-1.1
  EUPL-1.2 FSFAP FSFUL FSFULLR FSFULLRWD FTL GFDL-1.1-only GFDL-1.1-or-later GFDL-1.2
  GFDL-1.2-no-invariants-or-later GFDL-1.2-only GFDL-1.2-or-later GFDL-1.3
  GFDL-1.3-no-invariants-or-later GFDL-1.3-only GFDL-1.3-or-later GPL-1.0 GPL-1.0+ GPL-1.0-only
  GPL-1.0-or-later GPL-2.0 GPL-2.0+ GPL-2.0-only GPL-2.0-or-later GPL-3.0 GPL-3.0+ GPL-3.0-only
  GPL-3.0-or-later HPND HPND-sell-variant ICU IJG IPA IPL-1.0 ISC ImageMagick Info-ZIP JSON JasPer-2.0
  LGPL-2.0 LGPL-2.0+ LGPL-2.0-only LGPL-2.0-or-later LGPL-2.1 LGPL-2.1+ LGPL-2.1-only
  LGPL-2.1-or-later LGPL-3.0 LGPL-3.0+ LGPL-3.0-only LGPL-3.0-or-later LPL-1.02 LPPL-1.3a LPPL-1.3c
  Latex2e Libpng MIT MIT-0 MIT-CMU MIT-Modern-Variant MIT-enna MIT-feh MITNFA MPL-1.0 MPL-1.1
  MPL-2.0 MPL-2.0-no-copyleft-exception MS-PL MS-RL MirOS NCSA NTP NetCDF Net-SNMP Nokia ODbL-1.0
  OFL-1.0 OFL-1.1 OFL-1.1-RFN OFL-1.1-no-RFN OGTSL OLDAP-2.4 OLDAP-2.7 OLDAP-2.8 OML OPL-1.0 OSL-1.0
  OSL-2.0 OSL-2.1 OSL-3.0 OpenSSL PDDL-1.0 PHP-3.0 PHP-3.01 PSF-2.0 Plexus PostgreSQL Python-2.0
  Python-2.0.1 QPL-1.0 RSA-MD Ruby SGI-B-2.0 SISSL SMLNJ SSH-OpenSSH SSH-short SWL Sendmail
  Sleepycat Spencer-86 Spencer-94 Spencer-99 StandardML-NJ TCL TCP-wrappers TMate Unicode-3.0
  Unicode-DFS-2015 Unicode-DFS-2016 Unicode-TOU UPL-1.0 Unlicense VSL-1.0 Vim W3C W3C-19980720
  W3C-20150513 WTFPL X11 X11-distribute-modifications-variant Xnet XFree86-1.1 YPL-1.1 ZPL-1.1
  ZPL-2.0 ZPL-2.1 Zend-2.0 Zlib blessing bzip2-1.0.6 curl dvipdfm eCos-2.0 etalab-2.0 gnuplot libpng-2.0
  libselinux-1.0 libtiff mpich2 psutils xinetd xpp zlib-acknowledgement`.split(/\s+/),
);

/** The exceptions that follow WITH. */
export const EXCEPTION_IDS: ReadonlySet<string> = new Set(
  `Autoconf-exception-2.0 Autoconf-exception-3.0 Bison-exception-1.24 Bison-exception-2.2
  Bootloader-exception Classpath-exception-2.0 DigiRule-FOSS-exception FLTK-exception
  Font-exception-2.0 GCC-exception-2.0 GCC-exception-3.1 GNU-compiler-exception GPL-CC-1.0
  GStreamer-exception-2008 LGPL-3.0-linking-exception Libtool-exception Linux-syscall-note
  LLVM-exception LZMA-exception OCaml-LGPL-linking-exception OpenJDK-assembly-exception-1.0
  PS-or-PDF-font-exception-20170817 Qt-GPL-exception-1.0 Qt-LGPL-exception-1.1
  Swift-exception UBDL-exception Universal-FOSS-exception-1.0 WxWindows-exception-3.1
  cryptsetup-OpenSSL-exception eCos-exception-2.0 freertos-exception-2.0 gnu-javamail-exception
  openvpn-openssl-exception u-boot-exception-2.0`.split(/\s+/),
);
