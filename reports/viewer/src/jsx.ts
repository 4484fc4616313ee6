// What the markup in the sources is compiled to: `build.mjs` puts it into every module that has some. Children as
// arguments take less room in the bundle than children as a property.

export { Fragment, createElement } from "preact";
