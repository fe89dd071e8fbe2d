// The question before what cannot be taken back.

/** Ask in the page's dialog and say whether the answer is yes; the focus goes back to where it was. */
export async function isSure(question) {
  const dialog = document.getElementById("sure");
  document.getElementById("sure-question").textContent = question;
  dialog.returnValue = "no";
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  return dialog.returnValue === "yes";
}
