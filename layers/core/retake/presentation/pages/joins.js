// Stops half a second before a join, so that it is seen to pass.
(() => {
  const row = document.getElementById('joins'), scrub = document.getElementById('scrub');
  const places = row.dataset.joins.split(' ').map((each) => Math.max(0, Number(each) - 0.5));
  row.addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (!button) return;
    const now = Number(scrub.value), forth = button.dataset.way === '1';
    const next = forth ? places.find((at) => at > now + 0.05) : places.findLast((at) => at < now - 0.05);
    if (next === undefined) return;
    scrub.value = next;
    scrub.dispatchEvent(new Event('input'));
  });
})();
