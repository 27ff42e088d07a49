/* Brings explorers to life in a page without a kernel.

Each explorer is a <figure> that holds its picture at the start values and, compressed, what
changes: a list of [element number, attribute, values, picks]. Moving a control picks a frame and
writes those attributes. Nothing is fetched; nothing is stored. */
(() => {
  'use strict';

  const SPEAK_AFTER_MS = 500;

  async function unpacked(text) {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
    return JSON.parse(await new Response(stream).text());
  }

  class Explorer {
    constructor(root) {
      this.root = root;
      this.picture = root.querySelector('.elph-picture');
      this.alt = root.querySelector('svg[role="img"]');
      this.live = root.querySelector('.elph-live');
      this.inputs = [...root.querySelectorAll('.elph-control input, .elph-control select')];
      this.start = this.inputs.map((input) => this.at(input));
      this.elements = [...this.picture.querySelectorAll('svg, svg *')];
      this.record = null;
      this.inputs.forEach((input) => input.addEventListener('input', () => this.changed()));
      root.querySelector('.elph-reset')?.addEventListener('click', () => this.reset());
      root.querySelector('.elph-controls').hidden = false;
    }

    at(input) {
      return input.tagName === 'SELECT' ? input.selectedIndex : Number(input.value);
    }

    load() {
      const data = this.root.querySelector('.elph-data').textContent;
      this.loading ??= data ? unpacked(data).then((r) => (this.record = r)) : Promise.resolve();
      return this.loading;
    }

    reset() {
      this.inputs.forEach((input, i) => {
        if (input.tagName === 'SELECT') input.selectedIndex = this.start[i];
        else input.value = this.start[i];
      });
      this.changed();
    }

    async changed() {
      this.inputs.forEach((input) => this.say(input));
      await this.load();
      if (!this.record) return;
      const frame = this.inputs.reduce((n, input, i) => n * this.record.sizes[i] + this.at(input), 0);
      this.show(frame);
      clearTimeout(this.timer);
      this.timer = setTimeout(() => {
        this.live.textContent = this.alt.getAttribute('aria-label');
      }, SPEAK_AFTER_MS);
    }

    say(input) {
      if (input.tagName === 'SELECT') return;
      const text = input.dataset.said.split('|')[this.at(input)];
      input.setAttribute('aria-valuetext', text);
      this.root.querySelector(`output[for="${input.id}"]`).textContent = text;
    }

    show(frame) {
      if (frame === this.frame) return;
      this.frame = frame;
      for (const [number, name, values, picks] of this.record.slots) {
        const element = this.elements[number];
        const value = values[picks ? picks[frame] : frame];
        if (name === '#text') element.textContent = value;
        else if (name === '#inner') element.innerHTML = value;
        else if (value === null) element.removeAttribute(name);
        else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
      }
    }
  }

  function begin() {
    if (typeof DecompressionStream === 'undefined') return;
    const near = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (entry.isIntersecting) entry.target.elph.load();
      }
    }, { rootMargin: '600px' });
    for (const root of document.querySelectorAll('.elph-explorer')) {
      root.elph = new Explorer(root);
      near.observe(root);
    }
  }

  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', begin);
  else begin();
})();
