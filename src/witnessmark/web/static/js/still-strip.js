// <still-strip>: pointing at or focusing a small still shows it large; a click still leads to the frame's own page.
class StillStrip extends HTMLElement {
  connectedCallback() {
    const big = this.querySelector("img.big");
    const show = (event) => {
      const link = event.target.closest("a[data-at-s]");
      if (!link || !big) return;
      const address = new URL(big.src);
      address.searchParams.set("at_s", link.dataset.atS);
      big.src = address.href;
      big.alt = link.querySelector("img").alt;
    };
    this.addEventListener("focusin", show);
    this.addEventListener("pointerover", show);
  }
}

customElements.define("still-strip", StillStrip);
