/* Brings explorers to life in a page without a kernel.

Each explorer is a <figure> that holds its picture at the start values and, compressed, what
changes: a list of [element number, attribute, values, picks]. Moving a control picks a frame and
writes those attributes. Atoms carry their complex amplitudes; the script swings them. Nothing is
fetched, nothing is stored. */
(() => {
  'use strict';

  const SPEAK_AFTER_MS = 500;
  // An imaginary mode starts from this part of its amplitude, grows to that, rests and restarts.
  const GROW_FROM = 0.04, GROW_TO = 1.6, GROW_REST = 2.5;
  const stillness = window.matchMedia('(prefers-reduced-motion: reduce)');

  async function unpacked(text) {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
    return JSON.parse(await new Response(stream).text());
  }

  const numbers = (text) => (text ? text.split(' ').map(Number) : []);

  /* The atoms of one figure: u(t) = Re[A exp(-iωt)], or Re[A] exp(|ω|t) for an imaginary mode. */
  class Motion {
    constructor(root) {
      this.root = root;
      this.rate = Number(root.dataset.cyclesPerSMev);
      this.button = root.querySelector('.elph-play');
      this.button.addEventListener('click', () => this.play(!this.playing));
      this.seconds = 0;
      this.visible = false;
      this.read();
      this.play(!stillness.matches);
      stillness.addEventListener('change', (event) => { if (event.matches) this.play(false); });
    }

    /* Take rest positions and amplitudes from the figure, after every change of frame. */
    read() {
      const group = this.root.querySelector('.elph-motion');
      this.circles = group ? [...group.querySelectorAll('circle')] : [];
      this.lines = group ? [...group.querySelectorAll('line')] : [];
      const data = group ? group.dataset : {};
      this.re = numbers(data.re);
      this.im = numbers(data.im);
      this.bonds = numbers(data.bonds);
      this.energy = numbers(data.energy);
      this.rest = this.circles.flatMap((c) => [c.cx.baseVal.value, c.cy.baseVal.value]);
      this.place();
    }

    play(on) {
      this.playing = on;
      if (on) this.root.classList.add('elph-moving');
      this.button.setAttribute('aria-pressed', String(on));
      this.button.innerHTML = on ? '<span aria-hidden="true">❚❚</span> Pause'
        : '<span aria-hidden="true">▶</span> Play';
      this.wake();
    }

    see(visible) {
      this.visible = visible;
      this.wake();
    }

    wake() {
      if (this.request || !this.playing || !this.visible) return;
      this.last = undefined;
      this.request = requestAnimationFrame((now) => this.tick(now));
    }

    tick(now) {
      this.request = 0;
      if (!this.playing || !this.visible) return;
      if (this.last !== undefined) this.seconds += Math.min(now - this.last, 100) / 1000;
      this.last = now;
      this.place();
      this.request = requestAnimationFrame((later) => this.tick(later));
    }

    /* Amplitude factors [real, imaginary] of one energy at this moment. */
    factor(energy) {
      const turn = 2 * Math.PI * this.rate * Math.abs(energy) * this.seconds;
      if (energy >= 0) return [Math.cos(turn), -Math.sin(turn)];
      const full = Math.log(GROW_TO / GROW_FROM);
      return [GROW_FROM * Math.exp(Math.min(turn % (full + GROW_REST), full)), 0];
    }

    place() {
      if (!this.root.classList.contains('elph-moving')) return;
      const factors = this.energy.map((energy) => this.factor(energy));
      const at = this.rest.map((rest, k) => {
        const [c, s] = factors[factors.length > 1 ? k >> 1 : 0];
        return rest + 0.1 * (this.re[k] * c - this.im[k] * s);
      });
      this.circles.forEach((circle, i) => {
        const dx = at[2 * i] - this.rest[2 * i], dy = at[2 * i + 1] - this.rest[2 * i + 1];
        circle.setAttribute('transform', `translate(${dx.toFixed(2)} ${dy.toFixed(2)})`);
      });
      this.lines.forEach((line, n) => {
        const i = 2 * this.bonds[2 * n], j = 2 * this.bonds[2 * n + 1];
        line.setAttribute('x1', at[i].toFixed(2));
        line.setAttribute('y1', at[i + 1].toFixed(2));
        line.setAttribute('x2', at[j].toFixed(2));
        line.setAttribute('y2', at[j + 1].toFixed(2));
      });
    }
  }

  class Explorer {
    constructor(root) {
      this.root = root;
      this.alt = root.querySelector('svg[aria-label]');
      this.live = root.querySelector('.elph-live');
      this.inputs = [...root.querySelectorAll('.elph-control input, .elph-control select')];
      this.start = this.inputs.map((input) => this.at(input));
      this.elements = [...root.querySelectorAll('.elph-picture svg, .elph-picture svg *')];
      this.inputs.forEach((input) => input.addEventListener('input', () => this.changed()));
      root.querySelector('.elph-reset')?.addEventListener('click', () => this.reset());
      root.querySelector('.elph-controls').hidden = false;
      if (root.querySelector('.elph-play')) this.motion = new Motion(root);
    }

    at(input) {
      return input.tagName === 'SELECT' ? input.selectedIndex : Number(input.value);
    }

    load() {
      const data = this.root.querySelector('.elph-data').textContent;
      this.loading ??= data ? unpacked(data) : Promise.resolve({ sizes: [], slots: [] });
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
      const { sizes, slots } = await this.load();
      const frame = this.inputs.reduce((n, input, i) => n * sizes[i] + this.at(input), 0);
      this.show(frame, slots);
      clearTimeout(this.timer);
      this.timer = setTimeout(() => {
        this.live.textContent = this.alt.getAttribute('aria-label');
      }, SPEAK_AFTER_MS);
    }

    say(input) {
      if (input.tagName === 'SELECT') return;
      const text = input.dataset.said.split('|')[this.at(input)];
      input.setAttribute('aria-valuetext', text);
      input.closest('.elph-control').querySelector('output').textContent = text;
    }

    show(frame, slots) {
      if (frame === this.frame) return;
      this.frame = frame;
      for (const [number, name, values, picks] of slots) {
        const element = this.elements[number];
        const value = values[picks ? picks[frame] : frame];
        if (name === '#text') element.textContent = value;
        else if (name === '#inner') element.innerHTML = value;
        else if (value === null) element.removeAttribute(name);
        else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
      }
      this.motion?.read();
    }
  }

  function begin() {
    if (typeof DecompressionStream === 'undefined') return;
    const near = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) target.elph.load();
      }
    }, { rootMargin: '600px' });
    const seen = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) target.elph.motion?.see(isIntersecting);
    });
    for (const root of document.querySelectorAll('.elph-explorer')) {
      root.elph = new Explorer(root);
      near.observe(root);
      seen.observe(root);
    }
  }

  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', begin);
  else begin();
})();
