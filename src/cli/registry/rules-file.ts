import { readRules, NO_RULES, type TagRules } from '../../registry-server/maintenance/rules.ts';
import { yamlFile } from './yaml-file.ts';

/** The rules in a file; none without a file. Throws InvalidInputError. */
export async function readRulesFile(typed: string | undefined, cwd: string): Promise<TagRules> {
  return typed === undefined ? NO_RULES : yamlFile(typed, cwd, readRules);
}
