import process from 'node:process';
import { type Config, readConfig } from '../config.ts';

/**
 * The settings; plain text when they are wrong, since before they are known there is no log to write to.
 * @param refused status of the process when they are
 */
export function configFromEnvironment(refused: number): Config {
  try {
    return readConfig(process.env);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(refused);
  }
}
