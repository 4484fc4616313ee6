// What every part says: words that stand alone, so that the bundle holds no name of one.

const undefinedWord = "undefined";
export const noClass = "no class";
const voidWord = "void";
export const loading = "Reading…";
export const failed = (why: string) => `This part could not be read: ${why}. Draw the report again with \`inspect render\`.`;
export { undefinedWord as undefined, voidWord as void };
