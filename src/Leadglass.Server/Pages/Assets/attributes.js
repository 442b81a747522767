// Filters the attributes of an instance by what is typed: tag, name or value.
const box = document.querySelector("[data-filter]");
const field = document.getElementById("filter");
const rows = [...document.querySelectorAll(".attributes tbody tr")];

box.hidden = false;
field.addEventListener("input", () => {
  const sought = field.value.trim().toLowerCase();
  for (const row of rows) row.hidden = sought !== "" && !row.textContent.toLowerCase().includes(sought);
});
