/* SPDX-License-Identifier: MIT
 *
 * Vega's modules, each of which asks for others through AMD's define(): made when first asked for.
 */
const library = (() => {
  const bodies = new Map();
  const made = new Map();

  function get(name) {
    const own = name === "vega-selections" ? "vega-selection" : name;
    if (!made.has(own)) {
      const exports = {};
      const define = (needs, factory) => {
        factory.apply(null, needs.map((need) => (need === "exports" ? exports : get(need))));
      };
      define.amd = true;
      made.set(own, exports);
      bodies.get(own)(define);
    }
    return made.get(own);
  }

  return { add: (name, body) => bodies.set(name, body), get };
})();
