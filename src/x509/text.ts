export { cleanText, MAX_TEXT_BYTES } from '../domain/clean-text.ts';
