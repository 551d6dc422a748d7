/**
 * The files of an image as lists of packages are read from it. Paths start with a slash and
 * are byte by byte in Latin-1, so that no name is lost.
 */
export interface ImageFiles {
  /** All files and links whose path is wanted; the path is shown without the slash. In any order. */
  paths(wanted: (path: string) => boolean): Iterable<string>;
  /**
   * What a file holds; links are followed inside the image. Undefined where no file is. Throws
   * InvalidInputError when it is larger than `limit` bytes, or links lead in a circle.
   */
  read(path: string, limit: number): Buffer | undefined;
  /** Names in a directory, sorted; none where there is no directory. */
  names(path: string): readonly string[];
  /** Where a file lies on the disk, for reading it in place; undefined where no file is. */
  locate(path: string): { readonly file: string; readonly size: number } | undefined;
}
