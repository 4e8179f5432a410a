# R's surveillance on weekly series: one CSV row a series; writes one CSV a method, [series, tested weeks].
# farrington: p-values of farringtonFlexible as improved by Noufaily et al. (2013). The others give alarms
# (0 or 1) at each of several levels, since their thresholds, not p-values, are what they tell.
suppressMessages(library(surveillance))
args <- commandArgs(trailingOnly = TRUE)
counts <- as.matrix(read.csv(args[1], header = FALSE)); first <- as.integer(args[2]); out <- args[3]
methods <- strsplit(args[4], ",")[[1]]
years <- as.integer(args[5])
tested <- first:ncol(counts)
all_series <- sts(observed = unname(t(counts)), frequency = 52, start = c(2001, 1))
levels <- c(0.1, 0.05, 0.03, 0.02, 0.01, 0.006, 0.003, 0.001, 3e-4, 1e-4, 1e-5, 1e-6, 1e-8)
put <- function(name, found) write.table(found, file.path(out, paste0(name, ".csv")), sep = ",", row.names = FALSE, col.names = FALSE, na = "nan")
timed <- function(name, work) { t0 <- proc.time()[[3]]; work(); cat(name, proc.time()[[3]] - t0, "\n") }
if ("farrington" %in% methods) timed("farrington", function() {
  found <- matrix(NA, nrow(counts), length(tested))
  for (i in seq_len(nrow(counts))) {
    one <- sts(observed = counts[i, ], frequency = 52, start = c(2001, 1))
    found[i, ] <- farringtonFlexible(one, control = list(range = tested, b = years, w = 3, reweight = TRUE,
      weightsThreshold = 2.58, alpha = 0.01, trend = TRUE, pThresholdTrend = 1, limit54 = c(0, 4),
      powertrans = "2/3", noPeriods = 10, pastWeeksNotIncluded = 26, thresholdMethod = "nbPlugin",
      verbose = FALSE, glmWarnings = FALSE))@control$pvalue
    if (i %% 50 == 0) cat("farrington", i, "of", nrow(counts), "\n", file = stderr())
  }
  put("farrington", found)
})
for (method in c("C1", "C2", "C3")) if (method %in% methods) timed(method, function() {
  for (k in seq_along(levels)) put(paste0(method, "_", k),
    1 * t(earsC(all_series, control = list(range = tested, method = method, alpha = levels[k]))@alarm))
})
if ("rki" %in% methods) timed("rki", function()
  put("rki", 1 * t(rki(all_series, control = list(range = tested, b = 2, w = 4, actY = FALSE))@alarm)))
if ("bayes" %in% methods) timed("bayes", function() {
  for (k in c(2, 5, 7, 8)) put(paste0("bayes_", k),
    1 * t(bayes(all_series, control = list(range = tested, b = 0, w = 6, actY = TRUE, alpha = levels[k]))@alarm))
})
