'use strict';
(() => {
  const $ = (id) => document.getElementById(id);
  const stage = $('stage'), divider = $('divider');
  const sides = ['before', 'after'].map((name) => ({ name, video: $(name), broken: false }))
    .filter((side) => side.video);
  const lead = sides.find((side) => side.name === 'after');
  const frame = 1 / (Number(stage.dataset.fps) || 24);

  // ---- the divider
  let split = 50;
  const place = (percent) => {
    split = Math.min(100, Math.max(0, percent));
    stage.style.setProperty('--split', split + '%');
    divider.setAttribute('aria-valuenow', Math.round(split));
    divider.setAttribute('aria-valuetext', Math.round(split) + ' % before, ' + Math.round(100 - split) + ' % after');
  };
  if (divider) {
    const follow = (event) => {
      const box = stage.getBoundingClientRect();
      place((event.clientX - box.left) / box.width * 100);
    };
    stage.addEventListener('pointerdown', (event) => {
      if (event.button) return;
      stage.setPointerCapture(event.pointerId);
      follow(event);
      divider.focus({ preventScroll: true, focusVisible: false });
      event.preventDefault();
    });
    stage.addEventListener('pointermove', (event) => {
      if (stage.hasPointerCapture(event.pointerId)) follow(event);
    });
    place(50);
  }

  // ---- both clips in step: the edited one leads, the other follows its time
  let wanted = false;
  const able = () => sides.filter((side) => !side.broken);
  const length = () => (lead.broken ? sides[0] : lead).video.duration || 0;
  const leader = () => (lead.broken ? able()[0] : lead);
  const ignore = () => {};
  const start = (video) => { const told = video.play(); if (told) told.catch(ignore); };
  const show = () => {
    const at = leader() ? leader().video.currentTime : 0;
    const clock = (s) => Math.floor(s / 60) + ':' + (s % 60).toFixed(2).padStart(5, '0');
    if (document.activeElement !== $('scrub') || wanted) $('scrub').value = at;
    $('scrub').setAttribute('aria-valuetext', at.toFixed(2) + ' seconds of ' + length().toFixed(2));
    $('at').textContent = clock(at);
    $('of').textContent = ' / ' + clock(length());
    document.body.classList.toggle('playing', wanted);
    $('play').setAttribute('aria-label', wanted ? 'Pause' : 'Play');
  };
  const go = (seconds) => {
    const to = Math.min(Math.max(0, seconds), Math.max(0, length() - 0.001));
    for (const { video } of able()) {
      video.playbackRate = 1;
      video.currentTime = Math.min(to, Math.max(0, (video.duration || to) - 0.001));
    }
    show();
  };
  const step = (frames) => {
    pause();
    // The middle of a frame: its edge may be rounded to the one before.
    go((Math.round(leader().video.currentTime / frame - 0.5) + frames + 0.5) * frame);
  };
  const play = () => {
    if (!leader()) return;
    wanted = true;
    if (leader().video.ended) go(0);
    able().forEach(({ video }) => start(video));
    show();
  };
  const pause = () => { wanted = false; able().forEach(({ video }) => video.pause()); show(); };
  const toggle = () => (wanted ? pause() : play());
  const tick = () => {
    requestAnimationFrame(tick);
    const first = leader();
    if (!first || !wanted) return;
    const late = able().filter(({ video }) => video.readyState < 3 && !video.ended && !video.seeking);
    for (const side of able()) {
      // Who has no data yet keeps the others waiting.
      if (late.length && !late.includes(side)) side.video.pause();
      else if (!late.length && side.video.paused && !side.video.ended) start(side.video);
    }
    for (const { video } of able()) {
      if (video === first.video || video.ended || video.seeking || video.duration <= first.video.currentTime) continue;
      const drift = video.currentTime - first.video.currentTime;
      if (Math.abs(drift) > 0.3) video.currentTime = first.video.currentTime;
      else video.playbackRate = Math.abs(drift) < frame / 4 ? 1 : Math.min(1.25, Math.max(0.75, 1 - drift * 2));
    }
    show();
  };
  const again = () => { if (wanted) { go(0); play(); } };
  for (const side of sides) {
    const { video } = side;
    const fail = () => {
      if (side.broken) return;
      side.broken = true;
      video.pause();
      const still = stage.querySelector('.side.' + side.name + ' img');
      const note = stage.querySelector('.side.' + side.name + ' .cannot');
      video.hidden = true;
      if (still) still.hidden = false;
      note.hidden = false;
      if (!able().length) $('transport').hidden = true;
      show();
    };
    video.addEventListener('error', fail);
    video.addEventListener('ended', () => { if (leader() === side) again(); });
    video.addEventListener('timeupdate', () => { if (!wanted) show(); });
    video.addEventListener('loadedmetadata', () => {
      // A browser that cannot decode the pictures plays the sound alone.
      if (!video.videoWidth) return fail();
      $('scrub').max = length();
      $('scrub').step = frame / 2;
      show();
    });
  }

  // ---- loaded only now, when whatever goes wrong is heard
  for (const { name, video } of sides) {
    const still = stage.querySelector('.side.' + name + ' img');
    if (still) video.poster = still.src;  // one copy of it in the page
    video.src = video.dataset.src;
  }

  // ---- another variation in the place of the clip before
  const against = $('against');
  if (against) against.addEventListener('change', () => {
    const side = sides.find((each) => each.name === 'before');
    const one = stage.querySelector('.side.before');
    side.broken = false;
    side.video.hidden = false;
    one.querySelectorAll('img, .cannot').forEach((each) => { each.hidden = true; });
    side.video.removeAttribute('poster');
    side.video.src = against.value || side.video.dataset.src;
    const told = against.selectedOptions[0].textContent;
    one.querySelector('.tag').textContent = against.value ? told.toUpperCase() : 'BEFORE';
    go(leader().video.currentTime);
    if (wanted) play();
  });

  // ---- the address to pass on
  const copy = $('copy');
  if (copy && location.protocol.startsWith('http')) {
    copy.hidden = false;
    copy.addEventListener('click', async () => {
      const link = new URL(copy.dataset.link || location.href, location.href).href;
      try {
        await navigator.clipboard.writeText(link);
        $('copied').textContent = 'Copied.';
      } catch {
        $('copied').textContent = link;  // to be copied by hand
      }
    });
  }

  // ---- buttons and keys
  const sound = $('sound'), full = $('full');
  const listen = () => sides.forEach(({ name, video }) => { video.muted = !sound || sound.value !== name; });
  listen();
  if (sound) sound.addEventListener('change', listen);
  const widen = () => (document.fullscreenElement ? document.exitFullscreen() : stage.requestFullscreen());
  if (!stage.requestFullscreen) full.hidden = true;
  full.addEventListener('click', widen);
  if (!lead) {
    $('transport').hidden = true;
  } else {
    $('play').addEventListener('click', toggle);
    $('back').addEventListener('click', () => step(-1));
    $('forth').addEventListener('click', () => step(1));
    $('scrub').addEventListener('input', () => { const at = Number($('scrub').value); pause(); go(at); });
    if (!divider) stage.addEventListener('click', toggle);
    requestAnimationFrame(tick);
    show();
    if (!matchMedia('(prefers-reduced-motion: reduce)').matches) play();
  }
  const KEYS = {
    ' ': (event) => lead && toggle(),
    k: () => lead && toggle(),
    ArrowLeft: (event) => divider && place(split - (event.shiftKey ? 10 : 2)),
    ArrowRight: (event) => divider && place(split + (event.shiftKey ? 10 : 2)),
    ',': () => lead && step(-1),
    '.': () => lead && step(1),
    Home: () => (document.activeElement === divider ? place(0) : lead && go(0)),
    End: () => (document.activeElement === divider ? place(100) : lead && go(length())),
    f: () => stage.requestFullscreen && widen(),
    m: () => { if (sound) { sound.value = sound.value === 'none' ? 'after' : 'none'; listen(); } },
  };
  document.addEventListener('keydown', (event) => {
    const on = event.target.closest('button, select, input, a, summary');
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // A button takes the space bar, a choice and the scrub bar their arrows, as everywhere.
    if (on && (on.matches('select, input') || event.key === ' ') && event.key !== 'f') return;
    const act = KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    act(event);
  });
})();
